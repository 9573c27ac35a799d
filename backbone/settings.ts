/**
 * Settings that processes of any lane read at their start, each with its unit, its range, and a default if stages
 * rarely differ. Stages are defined with the same schema that a process uses to check its settings. Each lane also
 * has its own `settings.ts`.
 */
import * as v from 'valibot';
import { coversPattern, isChannelPattern } from '../packages/protocol/channel-pattern.ts';

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

const MATCH = 'a channel, or the beginning of one followed by *: 1 to 128 of A-Z a-z 0-9 _ . : - in all';

const channelRule = v.strictObject({
  match: v.pipe(v.string(MATCH), v.check(isChannelPattern, MATCH)),
  kind: v.picklist(['durable', 'latest', 'ephemeral'], 'durable, latest or ephemeral'),
});

/** The rules are part of every function's environment, which may have 4 KB. */
const MAX_RULES_LENGTH = 1_024;

const channelRules = v.pipe(
  v.array(channelRule, 'a list of {match, kind}'),
  v.check(
    (rules) => JSON.stringify(rules).length <= MAX_RULES_LENGTH,
    `rules of at most ${MAX_RULES_LENGTH} characters as JSON: use patterns that end in *`,
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const [at, rule] of dataset.value.entries()) {
      const first = dataset.value.slice(0, at).find(({ match }) => coversPattern(match, rule.match));
      if (first === undefined) continue;
      const message = `a pattern that the rule for ${JSON.stringify(first.match)} before it leaves something for: the first match decides`;
      addIssue({
        message,
        input: rule.match,
        path: [
          { type: 'array', origin: 'value', input: dataset.value, key: at, value: rule },
          { type: 'object', origin: 'value', input: rule, key: 'match', value: rule.match },
        ],
      });
    }
  }),
);

/** Settings of everything that uses the event log. */
export const logSettings = {
  /**
   * Which channels are not durable: the first rule that matches a channel's name decides, and without one the
   * channel is durable.
   */
  channels: v.optional(channelRules, []),
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
