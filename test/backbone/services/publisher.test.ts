import { beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { ChannelEvent, NewEvent } from '../../../backbone/domain/event.ts';
import { scopeOfPrincipal } from '../../../backbone/domain/key-scope.ts';
import { MemoryEventBus } from '../../../backbone/memory/memory-event-bus.ts';
import { MemoryEventLog } from '../../../backbone/memory/memory-event-log.ts';
import { hashOf } from '../../../backbone/services/hash.ts';
import { publish } from '../../../backbone/services/publisher.ts';
import { IdempotencyConflictError, type PublisherOptions } from '../../../backbone/services/publishing-steps.ts';
import { ORIGIN } from '../../../packages/protocol/cursor.ts';
import { headOf } from '../../support/head-of.ts';
import { CrashCounter, CrashedError, intercept } from '../../support/intercept.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const PUBLISH_TIMEOUT_MS = 2_000;
const GRACE_MS = 5_000;

interface World extends PublisherOptions {
  readonly log: MemoryEventLog;
  readonly bus: MemoryEventBus;
  readonly clock: ManualClock;
}

function newWorld(): World {
  const clock = new ManualClock();
  return {
    clock,
    log: new MemoryEventLog({ clock, retentionMs: 3_600_000 }),
    bus: new MemoryEventBus(),
    publishTimeoutMs: PUBLISH_TIMEOUT_MS,
  };
}

async function eventsIn({ log }: World): Promise<readonly ChannelEvent[]> {
  const { epoch } = await headOf(log, 'a');
  const { entries } = await log.read('a', epoch, 1, 1000);
  return entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event] : []));
}

/** What consumers do to the gaps of a channel once the grace period is over. */
async function tombstoneGaps({ log, clock }: World): Promise<void> {
  const { epoch, seq } = (await log.head('a')) ?? ORIGIN;
  for (let gap = 1; gap <= seq; gap++) await log.tombstone('a', { epoch, seq: gap }, clock.nowMs());
}

const plain: NewEvent = { channel: 'a', type: 'message', data: 'x' };
const keyed: NewEvent = { ...plain, key: 'k' };
const ANN = scopeOfPrincipal('ann');
const KEY = { channel: 'a', scope: ANN, key: 'k' };
/** Of type and data of {@link keyed}. */
const HASH = hashOf(JSON.stringify(['message', 'x']));

describe('publish', () => {
  let world: World;

  beforeEach(() => {
    world = newWorld();
  });

  test('stores the event under the next seq and then notifies it', async () => {
    const first = await publish(plain, ANN, world);
    const second = await publish({ ...plain, data: 'y' }, ANN, world);
    expect([first.seq, second.seq]).toEqual([1, 2]);
    expect(await eventsIn(world)).toEqual([first, second]);
    expect(world.bus.notified).toEqual([first, second]);
  });

  test('notifies nothing that is not in the log', async () => {
    const stored: Promise<readonly ChannelEvent[]>[] = [];
    world.bus.listen(() => stored.push(eventsIn(world)));
    const plainEvent = await publish(plain, ANN, world);
    const keyedEvent = await publish(keyed, ANN, world);
    expect(await Promise.all(stored)).toEqual([[plainEvent], [plainEvent, keyedEvent]]);
  });

  test('rejects when the notification cannot be sent, for the caller to try again', async () => {
    const bus = intercept(world.bus, () => Promise.reject(new Error('throttled')));
    await expect(publish(plain, ANN, { ...world, bus })).rejects.toThrow('throttled');
  });

  test('takes a new seq if its own was tombstoned in the meantime', async () => {
    let beaten = false;
    const log = intercept(world.log, async (make) => {
      const head = await world.log.head('a');
      if (head?.seq === 1 && !beaten) {
        beaten = true;
        await tombstoneGaps(world);
      }
      return make();
    });
    const event = await publish(plain, ANN, { ...world, log });
    expect(event.seq).toBe(2);
    expect(await eventsIn(world)).toEqual([event]);
    expect(world.bus.notified).toEqual([event]);
  });

  test('gives up with PublishContendedError if it loses one seq after another', async () => {
    const log = intercept(world.log, async (make) => {
      const answer = await make();
      await tombstoneGaps(world);
      return answer;
    });
    await expect(publish(plain, ANN, { ...world, log })).rejects.toThrow(expect.objectContaining({ name: 'PublishContendedError' }));
    expect(await eventsIn(world)).toEqual([]);
    expect(world.bus.notified).toEqual([]);
  });

  test('tombstones a seq that it holds for too long, and never writes there', async () => {
    let stalled = false;
    const log = intercept(world.log, async (make) => {
      const answer = await make();
      if (!stalled) {
        stalled = true;
        await world.clock.advance(PUBLISH_TIMEOUT_MS + 1);
      }
      return answer;
    });
    const event = await publish(plain, ANN, { ...world, log });
    expect(event.seq).toBe(2);
    expect((await world.log.read('a', event.epoch, 1, 1)).entries).toMatchObject([{ kind: 'tombstone', seq: 1 }]);
  });
});

describe('publish with a key', () => {
  let world: World;

  beforeEach(() => {
    world = newWorld();
  });

  test('that was used before returns the first event, and publishes and notifies nothing', async () => {
    const first = await publish(keyed, ANN, world);
    await world.clock.advance(60_000);
    expect(await publish(keyed, ANN, world)).toEqual(first);
    expect(await eventsIn(world)).toEqual([first]);
    expect(world.bus.notified).toEqual([first]);
  });

  test.each([
    ['other data', { data: 'y' }],
    ['another type', { type: 'other' }],
    ['an encoding', { encoding: 'base64' as const }],
  ])('that was used before with %s is an error that names it, and publishes nothing', async (_, other) => {
    const first = await publish(keyed, ANN, world);
    const conflict = publish({ ...keyed, ...other }, ANN, world);
    await expect(conflict).rejects.toThrow(IdempotencyConflictError);
    await expect(conflict).rejects.toThrow(/"k" .* channel a/);
    expect(await eventsIn(world)).toEqual([first]);
    expect(await publish(keyed, ANN, world)).toEqual(first);
  });

  test('of two concurrent publications with different data, one is published and the other is an error', async () => {
    const outcomes = await Promise.allSettled([publish(keyed, ANN, world), publish({ ...keyed, data: 'y' }, ANN, world)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await eventsIn(world)).toHaveLength(1);
  });

  test('belongs to its principal: another with the same key publishes an event of its own', async () => {
    const first = await publish(keyed, ANN, world);
    const second = await publish(keyed, scopeOfPrincipal('bob'), world);
    expect(second.seq).toBe(2);
    expect(await eventsIn(world)).toEqual([first, second]);
    expect(await publish(keyed, ANN, world)).toEqual(first);
  });

  test('counts keys by channel', async () => {
    await publish(keyed, ANN, world);
    const other = await publish({ ...keyed, channel: 'b' }, ANN, world);
    expect(other).toMatchObject({ channel: 'b', seq: 1 });
    expect(world.bus.notified).toHaveLength(2);
  });

  test('moves its claim to a new seq if consumers have tombstoned the old one', async () => {
    const { epoch, seq } = await world.log.allocate('a');
    await world.log.setClaim(KEY, { epoch, seq, allocatedAtMs: world.clock.nowMs(), contentHash: HASH });
    await world.clock.advance(GRACE_MS);
    await tombstoneGaps(world);
    const event = await publish(keyed, ANN, world);
    expect(event.seq).toBe(2);
    expect(await eventsIn(world)).toEqual([event]);
    expect(await publish(keyed, ANN, world)).toEqual(event);
  });

  test('gives up a claim older than the publish timeout, because consumers count its seq as settled', async () => {
    const { epoch, seq } = await world.log.allocate('a');
    await world.log.setClaim(KEY, { epoch, seq, allocatedAtMs: world.clock.nowMs(), contentHash: HASH });
    await world.clock.advance(PUBLISH_TIMEOUT_MS + 1);
    const event = await publish(keyed, ANN, world);
    expect(event.seq).toBe(2);
    expect((await world.log.read('a', epoch, 1, 1)).entries).toMatchObject([{ kind: 'tombstone', seq: 1 }]);
  });

  test('leaves no open gap when it loses the race for the key', async () => {
    await Promise.all([publish(keyed, ANN, world), publish(keyed, ANN, world), publish(keyed, ANN, world)]);
    const { epoch, seq } = await headOf(world.log, 'a');
    expect((await world.log.read('a', epoch, 1, 100)).entries).toHaveLength(seq);
  });

  test('publishes exactly one event, wherever a crash interrupts it and however late the caller retries', async () => {
    const crash = fc.record({ atCall: fc.integer({ min: 1, max: 10 }), when: fc.constantFrom('before' as const, 'after' as const) });
    const laterMs = fc.constantFrom(0, 1_000, PUBLISH_TIMEOUT_MS + 1, GRACE_MS + 1);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(crash, laterMs), { maxLength: 3 }), async (crashes) => {
        const run = newWorld();
        for (const [planned, ms] of crashes) {
          const counter = new CrashCounter(planned);
          const around = <T>(make: () => Promise<T>) => counter.call(make);
          const dying = { ...run, log: intercept(run.log, around), bus: intercept(run.bus, around) };
          await publish(keyed, ANN, dying).catch((error) => {
            if (!(error instanceof CrashedError)) throw error;
          });
          await run.clock.advance(ms);
          if (ms > GRACE_MS) await tombstoneGaps(run);
        }
        const event = await publish(keyed, ANN, run);
        expect(await eventsIn(run)).toEqual([event]);
        expect(run.bus.notified).toContainEqual(event);
        expect(new Set(run.bus.notified.map(({ seq }) => seq)).size).toBe(1);
      }),
      { numRuns: 200 },
    );
  });

  test('publishes exactly one event, however the calls of several publishers interleave', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 3 }), fc.boolean(), async (scheduler, publishers, closers) => {
        const run = newWorld();
        const log = intercept(run.log, (make) => scheduler.schedule(Promise.resolve()).then(make));
        const publishing = Promise.all(Array.from({ length: publishers }, () => publish(keyed, ANN, { ...run, log })));
        if (closers) scheduler.schedule(Promise.resolve()).then(() => tombstoneGaps(run));
        const events = await scheduler.waitFor(publishing);
        const [event] = events;
        expect(new Set(events.map(({ seq }) => seq)).size).toBe(1);
        expect(await eventsIn(run)).toEqual([event]);
        expect(run.bus.notified).toContainEqual(event);
      }),
      { numRuns: 200 },
    );
  });
});
