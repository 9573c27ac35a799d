import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { encodeEphemeralNotification } from '../../../backbone/domain/ephemeral-event.ts';
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { encodeLatestNotification } from '../../../backbone/domain/latest-event.ts';
import { encodeNotification } from '../../../backbone/domain/notification.ts';
import { encodePresenceNotification, type Notified } from '../../../backbone/domain/presence.ts';
import type { Logger } from '../../../backbone/telemetry/logger.ts';
import { leavingAnnouncement } from '../../../fargate/sse/contract.ts';
import { MemoryTaskQueue } from '../../../fargate/sse/memory/memory-task-queue.ts';
import { readQueue } from '../../../fargate/sse/queue-reader.ts';
import { ephemeralEvent } from '../../support/ephemeral.ts';
import { latestEvent } from '../../support/latest.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silentLogger } from './support/hub-world.ts';
import { idle, until } from './support/until.ts';

let queue: MemoryTaskQueue;
let clock: ManualClock;
let offered: ChannelEvent[];
let stopping: AbortController;
let reading: Promise<void>;
/** How often the end of this task was announced. */
let announced: number;

/** How long messages wait for others that are deleted with them. */
const COLLECT_MS = 1_000;

beforeEach(() => {
  queue = new MemoryTaskQueue();
  clock = new ManualClock();
  offered = [];
  announced = 0;
  stopping = new AbortController();
});

afterEach(async () => {
  stopping.abort();
  await reading;
});

const take = async (events: readonly Notified[]) => {
  for (const event of events) if ('seq' in event) offered.push(event);
};

function start(offer: (events: readonly Notified[]) => Promise<void> = take, logger: Logger = silentLogger): void {
  const onAnnounced = () => {
    announced++;
  };
  const announcement = leavingAnnouncement('7f3a');
  reading = readQueue({ queue, announcement, onAnnounced, clock, logger, offer, random: () => 1 }, stopping.signal);
}

async function untilDeleted(count: number): Promise<void> {
  await until(() => clock.sleeping > 0);
  await clock.advance(COLLECT_MS);
  await until(() => queue.deleted.length === count);
}

function event(seq: number): ChannelEvent {
  return { channel: 'demo', epoch: 'e1', seq, type: 'message', data: `event ${seq}`, publishedAtMs: 0 };
}

function notification(seq: number): string {
  return encodeNotification([event(seq)]);
}

test('notifications are passed on and deleted', async () => {
  start();
  queue.push(notification(1), notification(2));
  await untilDeleted(2);
  expect(offered.map(({ seq }) => seq)).toEqual([1, 2]);
});

test('events of ephemeral channels are passed on as they are', async () => {
  const offers: (readonly Notified[])[] = [];
  start(async (events) => void offers.push(events));
  queue.push(encodeEphemeralNotification(ephemeralEvent(1)));
  await untilDeleted(1);
  expect(offers).toEqual([[ephemeralEvent(1)]]);
});

test('events of latest channels are passed on as they are', async () => {
  const offers: (readonly Notified[])[] = [];
  start(async (events) => void offers.push(events));
  const events = [latestEvent(1), latestEvent(2, { key: 'y', removed: true })];
  queue.push(encodeLatestNotification(events));
  await untilDeleted(1);
  expect(offers).toEqual([events]);
});

test('changes of presence are passed on as they are', async () => {
  const offers: (readonly Notified[])[] = [];
  start(async (events) => void offers.push(events));
  const told = { channel: 'demo', owner: 'task', changes: [{ member: 'ann', data: '', connections: 1, version: 1 }] };
  queue.push(encodePresenceNotification(told));
  await untilDeleted(1);
  expect(offers).toEqual([[told]]);
});

test('the events of one notification are passed on together, in order', async () => {
  const offers: number[][] = [];
  start(async (events) => {
    offers.push(events.map((event) => ('seq' in event ? event.seq : 0)));
  });
  queue.push(encodeNotification([event(1), event(2), event(3)]));
  await untilDeleted(1);
  expect(offers).toEqual([[1, 2, 3]]);
});

test('a message that is not a notification is logged without its text, deleted, and blocks nothing', async () => {
  const warn = jest.fn();
  start(take, { ...silentLogger, warn });
  queue.push('private nonsense', notification(1));
  await untilDeleted(2);
  expect(offered.map(({ seq }) => seq)).toEqual([1]);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(JSON.stringify(warn.mock.calls)).not.toContain('private');
});

test('the announcement of its end is told, deleted, and no notification', async () => {
  const warn = jest.fn();
  start(take, { ...silentLogger, warn });
  queue.push(notification(1), leavingAnnouncement('7f3a'), notification(2));
  await untilDeleted(3);
  expect(announced).toBe(1);
  expect(offered.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(warn).not.toHaveBeenCalled();
});

test('the announcement of the end of another task is not its own', async () => {
  start();
  queue.push(leavingAnnouncement('another'), ` ${leavingAnnouncement('7f3a')}`);
  await untilDeleted(2);
  expect(announced).toBe(0);
});

test('nothing is passed on while the hub asks to wait', async () => {
  const pace = Promise.withResolvers<void>();
  let batches = 0;
  start((events) => {
    batches++;
    void take(events);
    return pace.promise;
  });
  // More than all receivers together take at once.
  queue.push(...Array.from({ length: 40 }, (_, index) => notification(index + 1)));
  await idle();
  expect(batches).toBeLessThan(5);
  expect(offered.length).toBeLessThan(40);
  pace.resolve();
  await until(() => offered.length === 40);
});

test('a failing queue is read again, less and less often', async () => {
  queue.failures.push(...Array.from({ length: 3 }, () => new Error('throttled')));
  start();
  queue.push(notification(1));
  await until(() => clock.sleeping === 1);
  await clock.advance(250);
  await until(() => queue.failures.length === 1);
  await clock.advance(499);
  await idle();
  expect(offered).toEqual([]);
  expect(queue.failures).toHaveLength(1);
  await clock.advance(1);
  await until(() => queue.failures.length === 0);
  await clock.advance(1_000);
  await until(() => offered.length === 1);
});

test('a message that cannot be deleted blocks nothing', async () => {
  jest.spyOn(queue, 'delete').mockRejectedValueOnce(new Error('throttled'));
  start();
  queue.push(notification(1));
  await until(() => offered.length === 1 && clock.sleeping > 0);
  await clock.advance(COLLECT_MS);
  queue.push(notification(2));
  await untilDeleted(1);
  expect(queue.deleted).toEqual([notification(2)]);
});

test('it ends when its signal aborts', async () => {
  start();
  await idle();
  stopping.abort();
  await expect(reading).resolves.toBeUndefined();
});
