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

/** What two readers of every kind make of two publishers, one of which may end at each of its calls. */
function* pairs(): Generator<Configuration> {
  const readers = { 'two streams': [STREAM, OTHER_STREAM], 'a socket and a poll': [SOCKET, POLL] };
  for (const [pair, consumers] of Object.entries(readers)) {
    for (const [crash, event] of crashes(EVENT, 3)) {
      yield { name: `${pair}, two publishers${crash}`, scenario: scenario([day(publisher(event), publisher(EVENT))], consumers) };
    }
    for (const [crash, event] of crashes(REPEATED)) {
      yield { name: `${pair}, a repetition${crash}`, scenario: scenario([day(publisher(event), publisher(EVENT))], consumers) };
    }
    for (const [crash, batch] of crashes({ ...REPEATED, batch: 2 })) {
      yield { name: `${pair}, a batch${crash}`, scenario: scenario([day(publisher(batch), publisher(EVENT))], consumers) };
    }
  }
}

function after(afterMs: number, publication = EVENT): PublicationPlan {
  return { ...publication, tries: publication.tries.map((one) => ({ ...one, afterMs })) };
}

const CRASHED: PublicationPlan = { ...EVENT, tries: [{ ...TRY, crash: { atCall: 1, when: 'after' } }] };

/** Scenarios of one or two publishers and readers in which something else happens too. */
function* others(): Generator<Configuration> {
  const one = (consumers: readonly ConsumerPlan[], more?: Partial<Scenario>) => scenario([day(publisher(EVENT))], consumers, more);
  const two = (consumers: readonly ConsumerPlan[], more?: Partial<Scenario>) =>
    scenario([day(publisher(EVENT), publisher(EVENT))], consumers, more);
  yield { name: 'a newcomer', scenario: one([STREAM]) };
  for (const [kind, consumer] of Object.entries({ stream: STREAM, socket: SOCKET })) {
    yield { name: `a ${kind} from before the first event`, scenario: two([{ ...consumer, start: 'unused' }]) };
  }
  yield {
    name: 'a crash before the write',
    scenario: scenario([day(publisher({ ...EVENT, tries: [{ ...TRY, crash: { atCall: 2, when: 'before' } }] }))], [STREAM]),
  };
  yield { name: 'a lost notification', scenario: one([STREAM], { fates: ['drop'] }) };
  yield { name: 'a lost log', scenario: scenario([day(publisher(EVENT, after(1_000)))], [STREAM], { wipe: true }) };
  for (const ms of [1_500, 6_000]) {
    yield { name: `a newcomer while ${ms} ms pass`, scenario: scenario([{ ...day(publisher(EVENT)), timeMs: [ms] }], [STREAM]) };
  }
  const slow = { ...EVENT, tries: [{ ...TRY, writeMs: 12_000 }] };
  const stalling = [day(publisher(slow), publisher(EVENT))];
  yield { name: 'a write that takes too long', scenario: scenario(stalling, [STREAM], { stalls: true }) };
  yield {
    name: 'a write that takes too long, of which one task hears nothing',
    scenario: scenario(stalling, [STREAM, OTHER_STREAM], { stalls: true, fates: ['deliver', 'drop', 'deliver'] }),
  };
  yield { name: 'tries that race', scenario: scenario([day(publisher({ ...REPEATED, racing: true }))], [STREAM]) };
  yield { name: 'two publishers with one key', scenario: scenario([day(publisher(REPEATED), publisher(REPEATED))], [STREAM]) };
  yield {
    name: 'a replay on a task that has it',
    scenario: scenario([day(publisher(EVENT, EVENT))], [STREAM, { ...STREAM, start: 'old' }]),
  };
  const later = [EVENT, EVENT, CRASHED, EVENT, after(3_000)];
  const sooner = [EVENT, EVENT, after(3_000), after(3_000)];
  for (const [what, publications] of Object.entries({ 'what expires': sooner, 'what expires, with a gap': later })) {
    for (const deletesExpired of [false, true]) {
      yield {
        name: `${what}${deletesExpired ? ' and is deleted' : ''}`,
        scenario: scenario([day(publisher(...publications)), day()], [STREAM, { ...OTHER_STREAM, start: 'old' }], {
          expiredByMs: 1_500,
          deletesExpired,
        }),
      };
    }
  }
  for (const [crash, batch] of crashes({ ...REPEATED, batch: 2, tries: [TRY, { ...TRY, afterMs: 7_000 }, TRY] })) {
    yield { name: `a batch that is repeated twice${crash}`, scenario: scenario([day(publisher(batch), publisher(EVENT))], [STREAM]) };
  }
}

export const CONFIGURATIONS: readonly Configuration[] = [...others(), ...pairs()];
