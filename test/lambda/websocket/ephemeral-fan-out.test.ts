import { expect, test } from '@jest/globals';
import { EPHEMERAL_LIFETIME_MS, type EphemeralEvent, encodeEphemeralNotification } from '../../../backbone/domain/ephemeral-event.ts';
import type { QueueRecord } from '../../../lambda/websocket/deliver.ts';
import { CUT_PAGE_SIZE } from '../../../lambda/websocket/fan-out-event.ts';
import { ephemeralEvent } from '../../support/ephemeral.ts';
import { connectionIds, notified, openFanOut } from './support/fan-out.ts';
import { hanging } from './support/scripted-poster.ts';

const CHANNEL = 'typing.demo';

const announced = (event: EphemeralEvent): QueueRecord => ({ messageId: `m-${event.count}`, body: encodeEphemeralNotification(event) });

test('every connection of the channel gets the event, and its order is that of the queue', async () => {
  const world = await openFanOut({ [CHANNEL]: ['a', 'b'], demo: ['c'] });
  const nowMs = world.clock.nowMs();
  const events = [1, 2, 3].map((count) => ephemeralEvent(count, { publishedAtMs: nowMs }));
  const report = await world.deliver(events.map(announced));
  for (const connection of ['a', 'b']) {
    expect(world.poster.sentTo(connection)).toMatchObject(events.map(({ data }) => ({ kind: 'ephemeral', channel: CHANNEL, data })));
  }
  expect(world.poster.sentTo('c')).toEqual([]);
  expect(report).toMatchObject({ deliveries: 6, ephemeralDropped: 0, unfinished: [] });
});

test('more connections than one read returns get it too', async () => {
  const world = await openFanOut({ [CHANNEL]: connectionIds(CUT_PAGE_SIZE + 10) });
  const report = await world.deliver([announced(ephemeralEvent(1, { publishedAtMs: world.clock.nowMs() }))]);
  expect(report).toMatchObject({ deliveries: CUT_PAGE_SIZE + 10, ephemeralDropped: 0 });
  expect(world.queue.jobs).toEqual([]);
});

test('a connection that does not take it is tried once, and nothing is queued for it', async () => {
  const world = await openFanOut({ [CHANNEL]: ['slow', 'good'] }, (id) => ({ kind: id === 'slow' ? 'throttled' : 'sent' }));
  const publishedAtMs = world.clock.nowMs();
  const report = await world.deliver([1, 2].map((count) => announced(ephemeralEvent(count, { publishedAtMs }))));
  expect(report).toMatchObject({ deliveries: 2, ephemeralDropped: 2, undeliverable: 0, unfinished: [] });
  expect(world.poster.posts.filter(({ connectionId }) => connectionId === 'slow')).toHaveLength(1);
  expect([world.queue.jobs, world.queue.deadLetters]).toEqual([[], []]);
});

test('a connection that hangs delays neither the others nor a durable event of its own', async () => {
  const world = await openFanOut({ [CHANNEL]: ['stuck', 'good'], demo: ['stuck'] }, (id, nth, signal) =>
    id === 'stuck' && nth === 1 ? hanging(signal) : { kind: 'sent' },
  );
  const report = await world.deliver([announced(ephemeralEvent(1, { publishedAtMs: world.clock.nowMs() })), notified(1)], {
    timeMs: 5_000,
  });
  expect(world.poster.sentTo('good')).toHaveLength(1);
  expect(report).toMatchObject({ ephemeralDropped: 1, unfinished: [] });
  expect(world.got('stuck')).toEqual(['demo-1']);
});

test('a closed connection loses its rows', async () => {
  const world = await openFanOut({ [CHANNEL]: ['gone'] }, () => ({ kind: 'gone' }));
  const report = await world.deliver([announced(ephemeralEvent(1, { publishedAtMs: world.clock.nowMs() }))]);
  expect(report).toMatchObject({ goneConnections: 1, ephemeralDropped: 0 });
  expect(await world.subscribersOf(CHANNEL)).toEqual([]);
});

test('what comes too late is dropped without a post', async () => {
  const world = await openFanOut({ [CHANNEL]: ['a'] });
  const late = ephemeralEvent(1, { publishedAtMs: world.clock.nowMs() });
  await world.clock.advance(EPHEMERAL_LIFETIME_MS + 1);
  expect(await world.deliver([announced(late)])).toMatchObject({ deliveries: 0, ephemeralDropped: 1, unfinished: [] });
  expect(world.poster.posts).toEqual([]);
});

test('subscribers that cannot be read cost the event, and nothing is delivered again', async () => {
  const world = await openFanOut({ [CHANNEL]: ['a'] });
  const store = {
    ...world.store,
    forget: world.store.forget,
    close: world.store.close,
    subscribers: () => Promise.reject(new Error('busy')),
  };
  const event = ephemeralEvent(1, { publishedAtMs: world.clock.nowMs() });
  expect(await world.deliver([announced(event)], { deps: { store } })).toMatchObject({ ephemeralDropped: 1, unfinished: [] });
});
