import type { Crash } from '../../../../test/support/intercept.ts';
import type { ConsumerPlan, Day, Leg, PublicationPlan, PublisherPlan, Scenario, Try } from '../scenario.ts';

/** A scenario that is small enough to play its interleavings one after the other. */
export interface Configuration {
  readonly name: string;
  readonly scenario: Scenario;
}

/** The calls that one publication makes at most: of its first three tries the longest is that with a key. */
const MAX_CALLS = 7;

const TRY: Try = { crash: undefined, afterMs: 0, writeMs: 0 };
const LEG: Leg = { hub: 0, steps: 1, lagMs: 0 };
const STREAM: ConsumerPlan = { kind: 'stream', channels: ['a'], start: 'none', legs: [LEG] };
const OTHER_STREAM: ConsumerPlan = { ...STREAM, legs: [{ ...LEG, hub: 1 }] };
const SOCKET: ConsumerPlan = { ...STREAM, kind: 'socket' };
const POLL: ConsumerPlan = { ...OTHER_STREAM, kind: 'poll' };
const EVENT: PublicationPlan = { channel: 'a', batch: undefined, keyed: false, tries: [TRY], racing: false };
const REPEATED: PublicationPlan = { ...EVENT, keyed: true, tries: [TRY, TRY] };

function publisher(...publications: readonly PublicationPlan[]): PublisherPlan {
  return { skewMs: 0, publications };
}

function day(...publishers: readonly PublisherPlan[]): Day {
  return { publishers, timeMs: [] };
}

function scenario(days: readonly Day[], consumers: readonly ConsumerPlan[], more: Partial<Scenario> = {}): Scenario {
  return { stalls: false, fates: ['deliver'], consumers, days, wipe: false, expiredByMs: 0, deletesExpired: false, ...more };
}

/** The publication, whose first try ends at each of its calls: before it, or after it, when the response is lost. */
function* crashes(publication: PublicationPlan, calls = MAX_CALLS): Generator<readonly [string, PublicationPlan]> {
  yield ['', publication];
  for (let atCall = 1; atCall <= calls; atCall++) {
    for (const when of ['before', 'after'] as const) {
      const crash: Crash = { atCall, when };
      const [first = TRY, ...rest] = publication.tries;
      yield [`, a crash ${when} call ${atCall}`, { ...publication, tries: [{ ...first, crash }, ...rest] }];
    }
  }
}

function* all(): Generator<Configuration> {
  const readers = { 'two streams': [STREAM, OTHER_STREAM], 'a socket and a poll': [SOCKET, POLL] };
  for (const [pair, consumers] of Object.entries(readers)) {
    for (const [crash, event] of crashes(EVENT, 3)) {
      yield { name: `${pair}, two publishers${crash}`, scenario: scenario([day(publisher(event), publisher(EVENT))], consumers) };
    }
    for (const [crash, event] of crashes(REPEATED)) {
      yield { name: `${pair}, a repetition${crash}`, scenario: scenario([day(publisher(event), publisher(EVENT))], consumers) };
    }
    for (const [crash, event] of crashes({ ...REPEATED, batch: 2 })) {
      yield { name: `${pair}, a batch${crash}`, scenario: scenario([day(publisher(event), publisher(EVENT))], consumers) };
    }
  }
}

export const CONFIGURATIONS: readonly Configuration[] = [...all()];
