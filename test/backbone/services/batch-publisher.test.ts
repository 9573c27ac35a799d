import { beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { BatchOutcome, NewBatch } from '../../../backbone/domain/batch.ts';
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { scopeOfPrincipal } from '../../../backbone/domain/key-scope.ts';
import { MemoryEventBus } from '../../../backbone/memory/memory-event-bus.ts';
import { MemoryEventLog } from '../../../backbone/memory/memory-event-log.ts';
import { publishBatch } from '../../../backbone/services/batch-publisher.ts';
import { publish } from '../../../backbone/services/publisher.ts';
import { IdempotencyConflictError, type PublisherOptions } from '../../../backbone/services/publishing-steps.ts';
import { ORIGIN } from '../../../packages/protocol/cursor.ts';
import { CrashCounter, CrashedError, intercept } from '../../support/intercept.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const PUBLISH_TIMEOUT_MS = 2_000;
const GRACE_MS = 5_000;
const RETENTION_MS = 3_600_000;

interface World extends PublisherOptions {
  readonly log: MemoryEventLog;
  readonly bus: MemoryEventBus;
  readonly clock: ManualClock;
}

function newWorld(): World {
  const clock = new ManualClock();
  return {
    clock,
    log: new MemoryEventLog({ clock, retentionMs: RETENTION_MS }),
    bus: new MemoryEventBus(),
    publishTimeoutMs: PUBLISH_TIMEOUT_MS,
  };
}

async function dataIn({ log }: World): Promise<readonly string[]> {
  const { epoch } = (await log.head('a')) ?? ORIGIN;
  const { entries } = await log.read('a', epoch, 1, 1000);
  return entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event.data] : []));
}

async function tombstone({ log, clock }: World, seqs: readonly number[]): Promise<void> {
  const { epoch } = (await log.head('a')) ?? ORIGIN;
  for (const seq of seqs) await log.tombstone('a', { epoch, seq }, clock.nowMs());
}

/** What consumers do to the gaps of the channel once the grace period is over. */
async function tombstoneGaps(world: World): Promise<void> {
  const { seq } = (await world.log.head('a')) ?? ORIGIN;
  await tombstone(
    world,
    Array.from({ length: seq }, (_, index) => index + 1),
  );
}

const events = ['x', 'y', 'z'].map((data) => ({ type: 'message', data }));
const plain: NewBatch = { channel: 'a', events };
const keyed: NewBatch = { ...plain, key: 'k' };
const ANN = scopeOfPrincipal('ann');

const seqsOf = (outcomes: readonly BatchOutcome[]) =>
  outcomes.map((outcome) => (outcome.kind === 'stored' ? outcome.event.seq : outcome.kind));
const storedIn = (outcomes: readonly BatchOutcome[]): readonly ChannelEvent[] =>
  outcomes.flatMap((outcome) => (outcome.kind === 'stored' ? [outcome.event] : []));

/** The world with a log on which the appends of some seqs fail, before they take effect or after. */
function failing(world: World, seqs: readonly number[], when: 'before' | 'after'): World {
  const log: MemoryEventLog = Object.assign(Object.create(world.log), {
    append: async (event: ChannelEvent, publicationId: string) => {
      const fails = seqs.includes(event.seq);
      if (fails && when === 'before') throw new Error('throttled');
      const outcome = await world.log.append(event, publicationId);
      if (fails) throw new Error('no answer');
      return outcome;
    },
  });
  for (const name of ['allocate', 'head', 'read', 'tombstone', 'claim', 'setClaim', 'markNotified'] as const) {
    Object.assign(log, { [name]: world.log[name].bind(world.log) });
  }
  return { ...world, log };
}

describe('publishBatch', () => {
  let world: World;

  beforeEach(() => {
    world = newWorld();
  });

  test('stores the events under seqs that follow each other, and notifies them at once', async () => {
    await publish({ channel: 'a', type: 'message', data: 'before' }, ANN, world);
    const outcomes = await publishBatch(plain, ANN, world);
    expect(seqsOf(outcomes)).toEqual([2, 3, 4]);
    expect(await dataIn(world)).toEqual(['before', 'x', 'y', 'z']);
    expect(world.bus.notifications.at(-1)).toEqual(storedIn(outcomes));
    expect(world.bus.notifications).toHaveLength(2);
  });

  test('keeps the order of the batch, however long each write takes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 40 }), async (scheduler, count) => {
        const run = newWorld();
        const log = intercept(run.log, (make) => scheduler.schedule(Promise.resolve()).then(make));
        const batch = { channel: 'a', events: Array.from({ length: count }, (_, index) => ({ type: 'message', data: `${index}` })) };
        const outcomes = await scheduler.waitFor(publishBatch(batch, ANN, { ...run, log }));
        expect(seqsOf(outcomes)).toEqual(batch.events.map((_, index) => index + 1));
        expect(await dataIn(run)).toEqual(batch.events.map(({ data }) => data));
        expect(run.bus.notifications).toEqual([storedIn(outcomes)]);
      }),
      { numRuns: 50 },
    );
  });

  test('an event whose seq is tombstoned in the meantime is lost, and is not written behind the others', async () => {
    const allocate = world.log.allocate.bind(world.log);
    const log = Object.assign(
      intercept(world.log, (make) => make()),
      {},
    );
    const losing = new Proxy(log, {
      get: (target, name) =>
        name === 'allocate'
          ? async (channel: string, count: number) => {
              const position = await allocate(channel, count);
              await tombstone(world, [position.seq + 1]);
              return position;
            }
          : Reflect.get(target, name),
    });
    const outcomes = await publishBatch(plain, ANN, { ...world, log: losing });
    expect(seqsOf(outcomes)).toEqual([1, 'lost', 3]);
    expect(await dataIn(world)).toEqual(['x', 'z']);
    expect(world.bus.notified.map(({ seq }) => seq)).toEqual([1, 3]);
  });

  test.each(['before', 'after'] as const)(
    'an event whose write fails %s it took effect is unknown, and the others are published',
    async (when) => {
      const outcomes = await publishBatch(plain, ANN, failing(world, [2], when));
      expect(seqsOf(outcomes)).toEqual([1, 'unknown', 3]);
      expect(world.bus.notified.map(({ seq }) => seq)).toEqual([1, 3]);
    },
  );

  test('tombstones all seqs that it holds for too long, and notifies nothing', async () => {
    let stalled = false;
    const log = intercept(world.log, async (make) => {
      const answer = await make();
      if (!stalled) await world.clock.advance(PUBLISH_TIMEOUT_MS + 1);
      stalled = true;
      return answer;
    });
    expect(seqsOf(await publishBatch(plain, ANN, { ...world, log }))).toEqual(['lost', 'lost', 'lost']);
    expect(await dataIn(world)).toEqual([]);
    expect(world.bus.notifications).toEqual([]);
    const { epoch } = (await world.log.head('a')) ?? ORIGIN;
    expect((await world.log.read('a', epoch, 1, 10)).entries.map(({ kind }) => kind)).toEqual(['tombstone', 'tombstone', 'tombstone']);
  });

  test('rejects when the notification cannot be sent, for the caller to try again', async () => {
    const bus = intercept(world.bus, () => Promise.reject(new Error('throttled')));
    await expect(publishBatch(plain, ANN, { ...world, bus })).rejects.toThrow('throttled');
  });
});

describe('publishBatch with a key', () => {
  let world: World;

  beforeEach(() => {
    world = newWorld();
  });

  test('that was used before returns the first events, and publishes and notifies nothing', async () => {
    const first = await publishBatch(keyed, ANN, world);
    await world.clock.advance(60_000);
    expect(await publishBatch(keyed, ANN, world)).toEqual(first);
    expect(await dataIn(world)).toEqual(['x', 'y', 'z']);
    expect(world.bus.notifications).toHaveLength(1);
  });

  test.each([
    ['other data', { ...keyed, events: [...events.slice(0, 2), { type: 'message', data: 'other' }] }],
    ['an encoding', { ...keyed, events: events.map((event) => ({ ...event, encoding: 'base64' as const })) }],
    ['another order', { ...keyed, events: [...events].reverse() }],
    ['fewer events', { ...keyed, events: events.slice(0, 2) }],
  ])('that was used before with %s is a conflict, and publishes nothing', async (_, other) => {
    await publishBatch(keyed, ANN, world);
    await expect(publishBatch(other, ANN, world)).rejects.toThrow(IdempotencyConflictError);
    expect(await dataIn(world)).toEqual(['x', 'y', 'z']);
  });

  test('a batch and a single event cannot share one, even with the same content', async () => {
    const [event = { type: 'message', data: 'x' }] = events;
    await publish({ channel: 'a', ...event, key: 'k' }, ANN, world);
    await expect(publishBatch({ channel: 'a', events: [event], key: 'k' }, ANN, world)).rejects.toThrow(IdempotencyConflictError);
  });

  test('belongs to its principal', async () => {
    await publishBatch(keyed, ANN, world);
    expect(seqsOf(await publishBatch(keyed, scopeOfPrincipal('bob'), world))).toEqual([4, 5, 6]);
  });

  test('a repetition writes what failed at its own place, if it is in time', async () => {
    expect(seqsOf(await publishBatch(keyed, ANN, failing(world, [2], 'before')))).toEqual([1, 'unknown', 3]);
    expect(seqsOf(await publishBatch(keyed, ANN, world))).toEqual([1, 2, 3]);
    expect(await dataIn(world)).toEqual(['x', 'y', 'z']);
    expect(new Set(world.bus.notified.map(({ seq }) => seq))).toEqual(new Set([1, 2, 3]));
  });

  test('a repetition gives what was lost new seqs, and leaves the others where they are', async () => {
    await publishBatch(keyed, ANN, failing(world, [2], 'before'));
    await world.clock.advance(GRACE_MS + 1);
    await tombstoneGaps(world);
    expect(seqsOf(await publishBatch(keyed, ANN, world))).toEqual([1, 4, 3]);
    expect(seqsOf(await publishBatch(keyed, ANN, world))).toEqual([1, 4, 3]);
    expect(await dataIn(world)).toEqual(['x', 'z', 'y']);
    expect(world.bus.notified.map(({ seq }) => seq)).toContain(4);
  });

  test('a claim that has moved expires with the oldest events of the batch, so that none is published twice before', async () => {
    await publishBatch(keyed, ANN, failing(world, [2], 'before'));
    await world.clock.advance(RETENTION_MS / 2);
    await tombstoneGaps(world);
    expect(seqsOf(await publishBatch(keyed, ANN, world))).toEqual([1, 4, 3]);
    await world.clock.advance(RETENTION_MS / 2 - 2_000);
    expect(seqsOf(await publishBatch(keyed, ANN, world))).toEqual([1, 4, 3]);
    expect(await dataIn(world)).toEqual(['x', 'z', 'y']);
  });

  test('leaves no open gap when it loses the race for the key', async () => {
    await Promise.all([publishBatch(keyed, ANN, world), publishBatch(keyed, ANN, world), publishBatch(keyed, ANN, world)]);
    const { epoch, seq } = (await world.log.head('a')) ?? ORIGIN;
    expect((await world.log.read('a', epoch, 1, 100)).entries).toHaveLength(seq);
    expect([...(await dataIn(world))].sort()).toEqual(['x', 'y', 'z']);
  });

  const crash = fc.record({ atCall: fc.integer({ min: 1, max: 14 }), when: fc.constantFrom('before' as const, 'after' as const) });
  const laterMs = fc.constantFrom(0, 1_000, PUBLISH_TIMEOUT_MS + 1, GRACE_MS + 1);

  test('publishes each event exactly once, wherever crashes interrupt it and however late the caller repeats it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(crash, laterMs), { maxLength: 4 }), async (crashes) => {
        const run = newWorld();
        for (const [planned, ms] of crashes) {
          const counter = new CrashCounter(planned);
          const around = <T>(make: () => Promise<T>) => counter.call(make);
          const dying = { ...run, log: intercept(run.log, around), bus: intercept(run.bus, around) };
          await publishBatch(keyed, ANN, dying).catch((error) => {
            if (!(error instanceof CrashedError)) throw error;
          });
          await run.clock.advance(ms);
          if (ms > GRACE_MS) await tombstoneGaps(run);
        }
        // The first call may find that its claim is too old, and only say so.
        await publishBatch(keyed, ANN, run);
        const stored = storedIn(await publishBatch(keyed, ANN, run));
        expect(stored.map(({ data }) => data)).toEqual(['x', 'y', 'z']);
        expect([...(await dataIn(run))].sort()).toEqual(['x', 'y', 'z']);
        for (const event of stored) expect(run.bus.notified).toContainEqual(event);
      }),
      { numRuns: 300 },
    );
  });

  test('publishes each event exactly once, however the calls of several publishers interleave', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 3 }), fc.boolean(), async (scheduler, publishers, closers) => {
        const run = newWorld();
        const log = intercept(run.log, (make) => scheduler.schedule(Promise.resolve()).then(make));
        const publishing = Promise.all(Array.from({ length: publishers }, () => publishBatch(keyed, ANN, { ...run, log })));
        if (closers) scheduler.schedule(Promise.resolve()).then(() => tombstoneGaps(run));
        await scheduler.waitFor(publishing);
        const stored = storedIn(await publishBatch(keyed, ANN, run));
        expect(stored.map(({ data }) => data)).toEqual(['x', 'y', 'z']);
        expect([...(await dataIn(run))].sort()).toEqual(['x', 'y', 'z']);
        for (const event of stored) expect(run.bus.notified).toContainEqual(event);
      }),
      { numRuns: 200 },
    );
  });
});
