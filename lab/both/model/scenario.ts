import * as fc from 'fast-check';
import type { Crash } from '../../../test/support/intercept.ts';

export const CHANNELS = ['a', 'b'] as const;

/** What happens to one copy of a notification. */
export type Fate = 'deliver' | 'drop' | 'double' | 'delay';

/** One call of `publish`. */
export interface Try {
  readonly crash: Crash | undefined;
  /** How long the caller waits before it. */
  readonly afterMs: number;
  /** How long its write is under way. */
  readonly writeMs: number;
}

export interface PublicationPlan {
  readonly channel: string;
  /** Events of the batch; undefined for one that is published alone. */
  readonly batch: number | undefined;
  readonly keyed: boolean;
  /** Without a key only the first is made. */
  readonly tries: readonly Try[];
  /** The tries race, as from a caller that has not waited for the answer. */
  readonly racing: boolean;
}

export interface PublisherPlan {
  /** How far its clock is off. */
  readonly skewMs: number;
  readonly publications: readonly PublicationPlan[];
}

/**
 * Where a consumer starts: `old` is somewhere in what is there already, `ahead` is past it, `foreign` of another epoch, `unused` from
 * before the channel was used.
 */
export type Start = 'none' | 'old' | 'ahead' | 'foreign' | 'unused';

/** A while on one of the tasks. */
export interface Leg {
  readonly hub: 0 | 1;
  readonly steps: number;
  /** How long it waits before it takes what it was sent. */
  readonly lagMs: number;
}

export interface ConsumerPlan {
  readonly kind: 'stream' | 'poll' | 'socket';
  readonly channels: readonly string[];
  readonly start: Start;
  readonly legs: readonly Leg[];
}

export interface Day {
  readonly publishers: readonly PublisherPlan[];
  /** How the time passes, besides for those who wait for it. */
  readonly timeMs: readonly number[];
}

export interface Scenario {
  /** Writes may take any time, and not only what the protocol allows: then only baselines may be wrong. */
  readonly stalls: boolean;
  readonly fates: readonly Fate[];
  readonly consumers: readonly ConsumerPlan[];
  readonly days: readonly Day[];
  /** Loses the log at some moment of the first day. */
  readonly wipe: boolean;
  /** Between two days, so that an event of the first has expired by about this much when the second begins. */
  readonly expiredByMs: number;
  /** Whether the expired is deleted in that night, or only hidden. */
  readonly deletesExpired: boolean;
}

const crash: fc.Arbitrary<Crash> = fc.record({ atCall: fc.integer({ min: 1, max: 8 }), when: fc.constantFrom('before', 'after') });

const attempt: fc.Arbitrary<Try> = fc.record({
  crash: fc.option(crash, { nil: undefined }),
  afterMs: fc.constantFrom(0, 500, 3_000, 7_000),
  writeMs: fc.constantFrom(0, 0, 1_000, 12_000, 20_000),
});

const publication: fc.Arbitrary<PublicationPlan> = fc.record({
  channel: fc.constantFrom(...CHANNELS, 'a'),
  batch: fc.constantFrom(undefined, undefined, 2, 3),
  keyed: fc.boolean(),
  tries: fc.array(attempt, { minLength: 1, maxLength: 3 }),
  racing: fc.boolean(),
});

const publisher: fc.Arbitrary<PublisherPlan> = fc.record({
  // Two clocks differ by at most what the grace period has to spare.
  skewMs: fc.constantFrom(0, -500, 500),
  publications: fc.array(publication, { minLength: 1, maxLength: 3 }),
});

export const fate: fc.Arbitrary<Fate> = fc.constantFrom('deliver', 'deliver', 'drop', 'double', 'delay');

export const leg: fc.Arbitrary<Leg> = fc.record({
  hub: fc.constantFrom(0, 1),
  steps: fc.integer({ min: 1, max: 12 }),
  lagMs: fc.constantFrom(0, 0, 0, 900),
});

const consumer: fc.Arbitrary<ConsumerPlan> = fc.record({
  kind: fc.constantFrom('stream', 'stream', 'socket', 'poll'),
  channels: fc.constantFrom(['a'], ['a'], ['b'], ['a', 'b']),
  start: fc.constantFrom<Start>('none', 'none', 'none', 'old', 'old', 'ahead', 'foreign', 'unused'),
  legs: fc.array(leg, { minLength: 1, maxLength: 3 }),
});

const day: fc.Arbitrary<Day> = fc.record({
  publishers: fc.array(publisher, { minLength: 1, maxLength: 3 }),
  timeMs: fc.array(fc.constantFrom(50, 50, 400, 400, 1_500, 6_000), { maxLength: 10 }),
});

/** Everything that a run does; in which order, the scheduler says. */
export const scenario: fc.Arbitrary<Scenario> = fc.record({
  stalls: fc.constantFrom(false, false, true),
  fates: fc.array(fate, { minLength: 1, maxLength: 8 }),
  consumers: fc.array(consumer, { minLength: 1, maxLength: 4 }),
  days: fc.array(day, { minLength: 1, maxLength: 2 }),
  wipe: fc.constantFrom(false, false, false, true),
  expiredByMs: fc.integer({ min: -8, max: 8 }).map((halfSeconds) => halfSeconds * 500),
  deletesExpired: fc.boolean(),
});
