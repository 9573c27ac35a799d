/**
 * Settings that processes of any lane read at their start, each with its unit, its range, and a default if stages
 * rarely differ. Stages are defined with the same schema that a process uses to check its settings. Each lane also
 * has its own `settings.ts`.
 */
import * as v from 'valibot';

/** The parsed type of such entries. */
export type Settings<E extends v.ObjectEntries> = Readonly<v.InferOutput<v.ObjectSchema<E, undefined>>>;

/** A whole number in this range. */
export const between = (min: number, max: number) => {
  const allowed = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(allowed),
    v.check((value) => Number.isInteger(value) && value >= min && value <= max, allowed),
  );
};

/** Like {@link between}, with the value that applies if a stage does not set one. */
export const setting = (min: number, max: number, byDefault: number) => v.optional(between(min, max), byDefault);

/** As browsers send it: no path and no slash at the end. */
export const origin = v.pipe(
  v.string('an origin such as https://app.example.com'),
  v.check((text) => URL.canParse(text) && new URL(text).origin === text, 'an origin such as https://app.example.com'),
);

/** Ten years. */
export const LONGEST_RETENTION_HOURS = 24 * 365 * 10;

/** Settings of everything that uses the event log. */
export const logSettings = {
  /** How long an event can be replayed. A stage sets it in hours; chaos tests make it shorter than one hour. */
  retentionMs: between(1, LONGEST_RETENTION_HOURS * 3_600_000),
};

/** Settings of everything that reads the event log. */
export const readSettings = {
  /** After this long a consumer tombstones a gap in a channel instead of waiting for its event. */
  gapGraceMs: setting(1, 600_000, 5_000),
};

/** Settings of everything that publishes. */
export const publishSettings = {
  /** A publisher gives up a position that it has not written within this time. */
  publishTimeoutMs: setting(1, 600_000, 2_000),
};

/** Settings of everything that checks tokens. */
export const accessSettings = {
  /**
   * Whether streams, polls and sockets accept a token in the query, where proxies and the load balancer's
   * access logs see it. Never enable it in production: the load balancer logs the whole request line and
   * cannot leave parts out.
   */
  queryToken: v.optional(v.boolean('true or false'), false),
  /** Origins of pages that may use the lanes with cookies. The lane's own pages need no entry. */
  origins: v.optional(v.array(origin, 'a list of origins'), []),
};
