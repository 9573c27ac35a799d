/**
 * Settings that processes of any lane read at their start, each with its unit, its range, and a default where stages rarely differ.
 * Stages take them from here, and a process checks what it is given with the same schema. A lane has a `settings.ts` of its own.
 */
import * as v from 'valibot';

/** What such entries make of their input. */
export type Settings<E extends v.ObjectEntries> = Readonly<v.InferOutput<v.ObjectSchema<E, undefined>>>;

/** A whole number in this range. */
export const between = (min: number, max: number) => {
  const allowed = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(allowed),
    v.check((value) => Number.isInteger(value) && value >= min && value <= max, allowed),
  );
};

/** The same, with the value that holds where a stage says nothing. */
export const setting = (min: number, max: number, byDefault: number) => v.optional(between(min, max), byDefault);

/** As browsers send it: no path, no slash at the end. */
export const origin = v.pipe(
  v.string('an origin such as https://app.example.com'),
  v.check((text) => URL.canParse(text) && new URL(text).origin === text, 'an origin such as https://app.example.com'),
);

/** Ten years. */
export const LONGEST_RETENTION_HOURS = 24 * 365 * 10;

/** Of everything that uses the event log. */
export const logSettings = {
  /** How long an event can be replayed. A stage says it in hours; chaos tests make it shorter than one. */
  retentionMs: between(1, LONGEST_RETENTION_HOURS * 3_600_000),
};

/** Of everything that reads the event log. */
export const readSettings = {
  /** After this long a consumer tombstones a gap in a channel instead of waiting for its event. */
  gapGraceMs: setting(1, 600_000, 5_000),
};

/** Of everything that publishes. */
export const publishSettings = {
  /** A publisher gives up a position that it has not written by then. */
  publishTimeoutMs: setting(1, 600_000, 2_000),
};

/** Of everything that checks tokens. */
export const accessSettings = {
  /**
   * Whether streams, polls and sockets take a token in the query, where proxies and the load balancer's access logs see it.
   * Off in production, always: the load balancer writes the whole request line into its log and can leave nothing out.
   */
  queryToken: v.optional(v.boolean('true or false'), false),
  /** Origins of pages that may use the lanes, with cookies. The lane's own pages need none. */
  origins: v.optional(v.array(origin, 'a list of origins'), []),
};
