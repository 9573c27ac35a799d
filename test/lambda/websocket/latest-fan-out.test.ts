import { expect, test } from '@jest/globals';
import { encodeLatestNotification, type LatestEvent, REMOVAL_LIFETIME_MS } from '../../../backbone/domain/latest-event.ts';
import type { QueueRecord } from '../../../lambda/websocket/deliver.ts';
import { MAX_BATCH_BYTES } from '../../../lambda/websocket/domain/event-batch.ts';
import { JOB_SIZE } from '../../../lambda/websocket/fan-out-event.ts';
import { MAX_LATEST_DATA_BYTES } from '../../../packages/protocol/publication.ts';
import { latestEvent } from '../../support/latest.ts';
import { connectionIds, notified, openFanOut, queued } from './support/fan-out.ts';

const CHANNEL = 'latest.demo';

const announced = (...events: readonly LatestEvent[]): QueueRecord => ({
  messageId: `m-${events[0]?.version.count}`,
  body: encodeLatestNotification(events),
});

test('every connection of the channel gets one frame for each notification', async () => {
  const world = await openFanOut({ [CHANNEL]: ['a', 'b'], demo: ['c'] });
  const publishedAtMs = world.clock.nowMs();
  const batch = ['x', 'y'].map((key) => latestEvent(2, { key, publishedAtMs }));
  const report = await world.deliver([announced(latestEvent(1, { publishedAtMs })), announced(...batch)]);
  for (const connection of ['a', 'b']) {
    expect(world.poster.sentTo(connection)).toMatchObject([
      { kind: 'latest', channel: CHANNEL, entries: [{ key: 'x', version: '0.1', type: 'message', data: '1' }] },
      { kind: 'latest', channel: CHANNEL, entries: [{ key: 'x', version: '0.2' }, { key: 'y' }] },
    ]);
  }
  expect(world.poster.sentTo('c')).toEqual([]);
  expect(report).toMatchObject({ deliveries: 6, undeliverable: 0, unfinished: [] });
});

test('a removal is told as one', async () => {
  const world = await openFanOut({ [CHANNEL]: ['a'] });
  await world.deliver([announced(latestEvent(2, { removed: true, publishedAtMs: world.clock.nowMs() }))]);
  expect(world.poster.sentTo('a')).toMatchObject([{ kind: 'latest', entries: [{ key: 'x', version: '0.2', removed: true }] }]);
});

test('a large batch comes in frames that are billed as one message each', async () => {
  const world = await openFanOut({ [CHANNEL]: ['a'] });
  const data = 'x'.repeat(MAX_LATEST_DATA_BYTES);
  const publishedAtMs = world.clock.nowMs();
  await world.deliver([announced(...Array.from({ length: 20 }, (_, nth) => latestEvent(1, { key: `k${nth}`, data, publishedAtMs })))]);
  const frames = world.poster.sentTo('a');
  expect(frames).toHaveLength(3);
  for (const frame of frames) expect(Buffer.byteLength(JSON.stringify(frame))).toBeLessThanOrEqual(MAX_BATCH_BYTES);
});

test('a connection that does not take it is tried three times, and then left to its next ping', async () => {
  const world = await openFanOut({ [CHANNEL]: ['slow', 'odd', 'good'] }, (id) =>
    id === 'slow' ? { kind: 'throttled' } : id === 'odd' ? { kind: 'refused', reason: '413' } : { kind: 'sent' },
  );
  const report = await world.deliver([announced(latestEvent(1, { publishedAtMs: world.clock.nowMs() }))]);
  expect(world.poster.posts.filter(({ connectionId }) => connectionId === 'slow')).toHaveLength(3);
  expect(report).toMatchObject({ deliveries: 1, undeliverable: 2, unfinished: [] });
  expect([world.queue.jobs, world.queue.deadLetters]).toEqual([[], []]);
  expect(world.lines).toEqual([]);
});

test('a large channel is cut into jobs, which pass through the queue', async () => {
  const ids = connectionIds(JOB_SIZE + 10);
  const world = await openFanOut({ [CHANNEL]: ids });
  await world.deliver([announced(latestEvent(1, { publishedAtMs: world.clock.nowMs() }))]);
  const jobs = world.queue.jobs.splice(0).map(({ job }) => job);
  expect(jobs.map(({ subscribers }) => subscribers.length)).toEqual([10]);
  for (const job of jobs) await world.deliver([queued(job)]);
  for (const id of ids) expect(world.poster.sentTo(id)).toMatchObject([{ kind: 'latest', entries: [{ key: 'x' }] }]);
});

test('a job whose subscribers cannot be read comes back', async () => {
  const world = await openFanOut({ [CHANNEL]: ['a'] });
  const store = { forget: world.store.forget, close: world.store.close, subscribers: () => Promise.reject(new Error('busy')) };
  const event = latestEvent(1, { publishedAtMs: world.clock.nowMs() });
  await world.deliver([announced(event)], { deps: { store } });
  expect(world.queue.jobs.map(({ job }) => job)).toMatchObject([{ events: [event], attempt: 2, resumeAfter: '' }]);
});

test('what is so old that a removal may be forgotten, or has expired, is not posted, in a job either', async () => {
  const world = await openFanOut({ [CHANNEL]: ['a'], demo: ['a'] });
  const nowMs = world.clock.nowMs();
  const old = latestEvent(1, { publishedAtMs: nowMs });
  const expired = latestEvent(2, { key: 'y', publishedAtMs: nowMs + REMOVAL_LIFETIME_MS, expiresAtMs: nowMs + REMOVAL_LIFETIME_MS });
  const current = latestEvent(3, { key: 'z', publishedAtMs: nowMs + 1 });
  await world.clock.advance(REMOVAL_LIFETIME_MS);
  const { subscribers } = await world.store.subscribers(CHANNEL, 10);
  const job = queued({ events: [old], subscribers, attempt: 1 });
  const report = await world.deliver([announced(old, expired, current), announced(expired), job, notified(1)]);
  expect(world.poster.sentTo('a')).toMatchObject([{ kind: 'latest', entries: [{ key: 'z' }] }, { kind: 'event' }]);
  expect(report).toMatchObject({ deliveries: 2, unfinished: [] });
});

test('a closed connection loses its rows', async () => {
  const world = await openFanOut({ [CHANNEL]: ['gone'] }, () => ({ kind: 'gone' }));
  await world.deliver([announced(latestEvent(1, { publishedAtMs: world.clock.nowMs() }))]);
  expect(await world.subscribersOf(CHANNEL)).toEqual([]);
});
