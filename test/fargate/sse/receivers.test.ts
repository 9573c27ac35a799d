import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { encodeNotification } from '../../../backbone/domain/notification.ts';
import type { Notified } from '../../../backbone/domain/presence.ts';
import type { QueueMessage, TaskQueue } from '../../../fargate/sse/ports.ts';
import { readQueue } from '../../../fargate/sse/queue-reader.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silentLogger } from './support/hub-world.ts';
import { idle, until } from './support/until.ts';

interface OpenCall {
  resolve(messages: readonly QueueMessage[]): void;
  reject(error: Error): void;
}

/** Calls of `receive` and `delete` that a test answers. */
let receives: OpenCall[];
let deletes: (Pick<OpenCall, 'reject'> & { readonly messages: readonly QueueMessage[]; resolve(): void })[];
let clock: ManualClock;
let stopping: AbortController;
let reading: Promise<void>;
let offers: number;
let offer: (events: readonly Notified[]) => Promise<void>;

const queue: TaskQueue = {
  receive: (signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly QueueMessage[]>();
    receives.push({ resolve, reject });
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    return promise;
  },
  delete: (messages) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    deletes.push({ messages, resolve, reject });
    return promise;
  },
  close: async () => {},
};

beforeEach(() => {
  receives = [];
  deletes = [];
  clock = new ManualClock();
  stopping = new AbortController();
  offers = 0;
  offer = async () => {};
  const counted = (events: readonly Notified[]) => {
    offers++;
    return offer(events);
  };
  const options = { queue, announcement: '', onAnnounced: () => {}, clock, logger: silentLogger, offer: counted, random: () => 1 };
  reading = readQueue(options, stopping.signal);
});

afterEach(async () => {
  stopping.abort();
  await idle();
  for (const { resolve } of deletes) resolve();
  await reading;
});

let seq = 0;

function messages(count: number): readonly QueueMessage[] {
  return Array.from({ length: count }, () => {
    const event = { channel: 'demo', epoch: 'e1', seq: ++seq, type: 'message', data: 'x', publishedAtMs: 0 };
    return { body: encodeNotification([event]), receipt: `r${seq}` };
  });
}

/** Answers the call that has waited longest, and lets the reader do what it does then. */
async function receive(count: number): Promise<void> {
  receives.shift()?.resolve(messages(count));
  await idle();
}

test('one receiver waits while nothing comes', async () => {
  await idle();
  expect(receives).toHaveLength(1);
  await receive(0);
  expect(receives).toHaveLength(1);
});

test('two while something comes, so that one waits while the other is under way', async () => {
  await receive(1);
  expect(receives).toHaveLength(2);
  await receive(1);
  expect(receives).toHaveLength(2);
});

test('more as receives come back full, up to sixteen', async () => {
  const counts: number[] = [];
  for (let call = 0; call < 20; call++) {
    await receive(10);
    counts.push(receives.length);
  }
  expect(counts.slice(0, 4)).toEqual([2, 3, 4, 5]);
  expect(counts.at(-1)).toBe(16);
});

test('a receive that is half full neither adds one nor ends one', async () => {
  for (let call = 0; call < 5; call++) await receive(10);
  await receive(9);
  await receive(5);
  expect(receives).toHaveLength(6);
});

test('fewer as receives come back less than half full, and one when they come back empty', async () => {
  for (let call = 0; call < 5; call++) await receive(10);
  for (let call = 0; call < 3; call++) await receive(4);
  expect(receives).toHaveLength(3);
  for (let call = 0; call < 3; call++) await receive(4);
  expect(receives).toHaveLength(2);
  for (let call = 0; call < 3; call++) await receive(0);
  expect(receives).toHaveLength(1);
});

test('no more than two while the hub asks to wait', async () => {
  for (let call = 0; call < 6; call++) await receive(10);
  expect(receives).toHaveLength(7);
  const pace = Promise.withResolvers<void>();
  offer = () => pace.promise;
  // The first of them does not know yet that the hub will ask.
  for (let call = 0; call < 8; call++) await receive(10);
  expect(receives).toHaveLength(0);
  pace.resolve();
  await idle();
  expect(receives).toHaveLength(2);
});

test('of receivers that fail, one tries again', async () => {
  for (let call = 0; call < 5; call++) await receive(10);
  for (const { reject } of receives.splice(0)) reject(new Error('throttled'));
  await idle();
  expect(receives).toHaveLength(0);
  await clock.advance(250);
  await until(() => receives.length === 1);
  await receive(10);
  expect(receives).toHaveLength(2);
});

test('ten messages are deleted by one call, from whichever receives they came', async () => {
  await receive(6);
  expect(deletes).toHaveLength(0);
  await receive(7);
  expect(deletes.map((call) => call.messages.length)).toEqual([10]);
});

test('fewer are deleted a second after the first of them came', async () => {
  await receive(1);
  await clock.advance(600);
  await receive(2);
  await clock.advance(399);
  expect(deletes).toHaveLength(0);
  await clock.advance(1);
  expect(deletes.map((call) => call.messages.length)).toEqual([3]);
});

test('one timer is enough, however many messages come', async () => {
  for (let call = 0; call < 5; call++) await receive(10);
  expect(clock.sleeping).toBe(0);
  for (let call = 0; call < 5; call++) await receive(9);
  expect(clock.sleeping).toBe(1);
});

test('receiving does not wait for a deletion', async () => {
  for (let call = 0; call < 5; call++) await receive(10);
  expect(deletes).toHaveLength(5);
  expect(receives).toHaveLength(6);
});

test('while too many deletions are in flight, receivers wait for them', async () => {
  for (let call = 0; call < 60; call++) await receive(10);
  expect(receives).toHaveLength(0);
  // Each receiver may have begun one more.
  expect(deletes.length).toBeLessThanOrEqual(32 + 16);
  for (const { resolve } of deletes) resolve();
  await idle();
  expect(receives.length).toBeGreaterThan(0);
});

test('when it ends it hands over what has come, deletes what was handed over, and waits for that', async () => {
  await receive(3);
  const before = offers;
  receives.shift()?.resolve(messages(4));
  stopping.abort();
  await until(() => deletes.length === 1);
  expect(offers).toBe(before + 1);
  expect(deletes[0]?.messages).toHaveLength(7);
  let hasEnded = false;
  void reading.then(() => {
    hasEnded = true;
  });
  await idle();
  expect(hasEnded).toBe(false);
  deletes[0]?.resolve();
  await until(() => hasEnded);
});
