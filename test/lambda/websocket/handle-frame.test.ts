import { describe, expect, test } from '@jest/globals';
import type { BatchOutcome } from '../../../backbone/domain/batch.ts';
import { PublishContendedError } from '../../../backbone/services/publisher.ts';
import { MAX_CHANNELS_PER_CONNECTION } from '../../../lambda/websocket/domain/connection.ts';
import { EVERYBODY } from '../../support/access.ts';
import { GRACE_MS, openSocket } from './support/socket.ts';

const fails = async () => {
  throw new Error('secret detail');
};

test('ping is answered with pong', async () => {
  const socket = await openSocket();
  expect(await socket.send({ action: 'ping' })).toEqual([{ kind: 'pong' }]);
});

test.each([
  [{ action: 'ping' }, 'pong'],
  [{ action: 'subscribe', channel: 'demo' }, 'subscribed'],
  [{ action: 'unsubscribe', channel: 'demo' }, 'unsubscribed'],
  [{ action: 'publish', channel: 'demo', data: 'x' }, 'published'],
  [{ action: 'jump' }, 'error'],
  [{ action: 'subscribe', channel: 'a b' }, 'error'],
])('the answer to %j repeats the request id', async (frame, kind) => {
  const socket = await openSocket();
  expect(await socket.send({ ...frame, requestId: 'r7' })).toEqual([expect.objectContaining({ kind, requestId: 'r7' })]);
});

test('a malformed frame is answered with its code and a message', async () => {
  const socket = await openSocket();
  expect(await socket.send('{"action":')).toEqual([
    { kind: 'error', code: 'invalid_frame', message: expect.stringContaining('is not JSON') },
  ]);
});

test('a bad request id is an error, and is not repeated', async () => {
  const socket = await openSocket();
  const answers = await socket.send({ action: 'ping', requestId: 5 });
  expect(answers).toEqual([{ kind: 'error', code: 'invalid_frame', message: expect.stringContaining('requestId 5') }]);
});

test("the client's own mistakes are not counted as unexpected", async () => {
  const socket = await openSocket();
  await socket.send({ action: 'jump' });
  expect(socket.lines).toEqual([]);
});

test('subscribe is answered with the baseline', async () => {
  const socket = await openSocket();
  const { epoch } = await socket.publish('first');
  await socket.clock.advance(10_000);
  expect(await socket.send({ action: 'subscribe', channel: 'demo' })).toEqual([{ kind: 'subscribed', channel: 'demo', id: `${epoch}.1` }]);
});

test('subscribe makes the connection a subscriber of the channel', async () => {
  const socket = await openSocket();
  await socket.send({ action: 'subscribe', channel: 'demo' });
  expect((await socket.store.subscribers('demo', 10)).subscribers).toEqual([expect.objectContaining({ connectionId: 'c1' })]);
});

test('a connection at its channel limit is told so, with the channel that was too many', async () => {
  const socket = await openSocket();
  for (let index = 0; index < MAX_CHANNELS_PER_CONNECTION; index++) await socket.store.subscribe('c1', `ch${index}`);
  expect(await socket.send({ action: 'subscribe', channel: 'demo', requestId: 'r1' })).toEqual([
    { kind: 'error', code: 'too_many_channels', message: expect.stringMatching(/100 channels.*"demo"/), requestId: 'r1' },
  ]);
  expect(socket.lines).toEqual([]);
});

test('the row is written before the baseline is read', async () => {
  const socket = await openSocket();
  const order: string[] = [];
  const store = Object.assign(Object.create(socket.store), {
    find: (connectionId: string) => socket.store.find(connectionId),
    subscribe: async () => {
      order.push('row');
      return 'subscribed';
    },
  });
  const reader = {
    baseline: async () => {
      order.push('baseline');
      return { epoch: 'e', seq: 0 };
    },
    readBack: fails,
    isFarFromExpiry: () => true,
    checkResume: fails,
    replay: () => {
      throw new Error('not asked for');
    },
  };
  await socket.send({ action: 'subscribe', channel: 'demo' }, { deps: { store, reader } });
  expect(order).toEqual(['row', 'baseline']);
});

test('a connection without a row is told to connect again', async () => {
  const socket = await openSocket();
  await socket.store.close('c1');
  expect(await socket.send({ action: 'subscribe', channel: 'demo' })).toEqual([expect.objectContaining({ code: 'connection_unknown' })]);
});

test('unsubscribe ends the subscription', async () => {
  const socket = await openSocket();
  await socket.send({ action: 'subscribe', channel: 'demo' });
  expect(await socket.send({ action: 'unsubscribe', channel: 'demo' })).toEqual([{ kind: 'unsubscribed', channel: 'demo' }]);
  expect((await socket.store.subscribers('demo', 10)).subscribers).toEqual([]);
});

test('publish puts the event on the bus and returns its id', async () => {
  const socket = await openSocket();
  const [answer] = await socket.send({ action: 'publish', channel: 'demo', type: 'chat', data: 'hello' });
  const [event] = socket.bus.notified;
  expect(event).toMatchObject({ channel: 'demo', type: 'chat', data: 'hello', seq: 1 });
  expect(answer).toEqual({ kind: 'published', channel: 'demo', id: `${event?.epoch}.1` });
});

test('publish with a used key returns the first id and publishes nothing', async () => {
  const socket = await openSocket();
  const frame = { action: 'publish', channel: 'demo', data: 'hello', key: 'k1' };
  const first = await socket.send(frame);
  expect(await socket.send(frame)).toEqual(first);
  expect(socket.bus.notified).toHaveLength(1);
});

test('the events of a batch are counted, and one that no second has room for is refused', async () => {
  const socket = await openSocket();
  const taken: number[] = [];
  const quota = {
    perSecond: 3,
    take: async (_principal: string, events = 1) => {
      taken.push(events);
      return false;
    },
  };
  const publish = (count: number) =>
    socket.send({ action: 'publish', channel: 'demo', events: Array.from({ length: count }, () => ({ data: 'x' })) }, { deps: { quota } });
  expect(await publish(3)).toMatchObject([{ code: 'too_many_publications' }]);
  expect(await publish(4)).toMatchObject([{ code: 'too_many_events', message: expect.stringContaining('at most 3') }]);
  expect(taken).toEqual([3]);
  expect(socket.lines).toContainEqual(expect.objectContaining({ LimitedPublications: 3 }));
});

test('publish with events puts them on the bus together, and returns an id for each', async () => {
  const socket = await openSocket();
  const events = [{ data: 'one' }, { type: 'chat', data: 'two' }];
  const answers = await socket.send({ action: 'publish', channel: 'demo', events, key: 'k1', requestId: 'r1' });
  const [notified, ...others] = socket.bus.notifications;
  expect(others).toEqual([]);
  expect(notified).toMatchObject([
    { seq: 1, data: 'one' },
    { seq: 2, type: 'chat', data: 'two' },
  ]);
  const results = notified?.map(({ epoch, seq }) => ({ id: `${epoch}.${seq}`, publishedAt: expect.any(String) }));
  expect(answers).toEqual([{ kind: 'publishedBatch', channel: 'demo', events: results, requestId: 'r1' }]);
});

test('one invalid event refuses all of them, and the answer says which', async () => {
  const socket = await openSocket();
  const events = [{ data: 'one' }, { data: 2 }];
  expect(await socket.send({ action: 'publish', channel: 'demo', events, requestId: 'r1' })).toEqual([
    { kind: 'error', code: 'invalid_data', message: expect.stringMatching(/^events\[1\]: /), requestId: 'r1' },
  ]);
  expect(socket.bus.notifications).toEqual([]);
});

test('what became of each event is in the answer, and in a line of the log', async () => {
  const socket = await openSocket();
  const publishBatch = async (): Promise<readonly BatchOutcome[]> => [{ kind: 'lost' }, { kind: 'unknown', error: new Error('secret') }];
  const events = [{ data: 'one' }, { data: 'two' }];
  const answers = await socket.send({ action: 'publish', channel: 'demo', events }, { deps: { publishBatch } });
  expect(answers).toMatchObject([
    { kind: 'publishedBatch', events: [{ error: { code: 'publish_contended' } }, { error: { code: 'unavailable' } }] },
  ]);
  expect(JSON.stringify(answers)).not.toContain('secret');
  expect(socket.lines).toContainEqual(expect.objectContaining({ level: 'WARN', channel: 'demo', events: 2, lost: 1, unknown: 1 }));
});

test('a publication that got no position in the log may be tried again', async () => {
  const socket = await openSocket();
  const publish = async () => {
    throw new PublishContendedError('channel demo: 5 seqs in a row were taken');
  };
  const answers = await socket.send({ action: 'publish', channel: 'demo', data: 'x', requestId: 'r1' }, { deps: { publish } });
  expect(answers).toEqual([{ kind: 'error', code: 'publish_contended', message: expect.stringContaining('try again'), requestId: 'r1' }]);
});

test('an unexpected failure is answered without its details', async () => {
  const socket = await openSocket();
  const answers = await socket.send({ action: 'publish', channel: 'demo', data: 'x', requestId: 'r1' }, { deps: { publish: fails } });
  expect(answers).toEqual([{ kind: 'error', code: 'internal', message: expect.not.stringContaining('secret'), requestId: 'r1' }]);
});

test('an unexpected failure is logged and counted', async () => {
  const socket = await openSocket();
  await socket.send({ action: 'publish', channel: 'demo', data: 'x' }, { deps: { publish: fails } });
  expect(socket.lines).toEqual([
    expect.objectContaining({ level: 'ERROR', error: expect.objectContaining({ message: 'secret detail' }) }),
    expect.objectContaining({ UnexpectedErrors: 1 }),
  ]);
});

test('a throttled answer is tried again', async () => {
  const socket = await openSocket((_, nth) => (nth === 1 ? { kind: 'throttled' } : { kind: 'sent' }));
  expect(await socket.send({ action: 'ping' })).toEqual([{ kind: 'pong' }]);
});

test('an answer that cannot be posted is logged', async () => {
  const socket = await openSocket(() => ({ kind: 'refused', reason: '403' }));
  await socket.send({ action: 'ping' });
  expect(socket.lines).toEqual([expect.objectContaining({ level: 'WARN', message: 'frame not answered', connectionId: 'c1' })]);
});

test('a connection found closed loses its rows', async () => {
  const socket = await openSocket(() => ({ kind: 'gone' }));
  await socket.send({ action: 'subscribe', channel: 'demo' });
  expect((await socket.store.subscribers('demo', 10)).subscribers).toEqual([]);
  expect(await socket.store.subscribe('c1', 'demo')).toBe('gone');
});

test('a principal that publishes too often is told so, is counted, and nothing is published', async () => {
  const socket = await openSocket();
  const deps = { quota: { perSecond: 7, take: async () => false } };

  const answers = await socket.send({ action: 'publish', channel: 'demo', data: 'x', requestId: 'r1' }, { deps });

  expect(answers).toEqual([
    {
      kind: 'error',
      code: 'too_many_publications',
      message: expect.stringContaining('7 events a second'),
      retryAfterMs: 1_000,
      requestId: 'r1',
    },
  ]);
  expect(await socket.log.head('demo')).toBeUndefined();
  expect(socket.lines).toEqual([expect.objectContaining({ LimitedPublications: 1 })]);
});

describe('a channel that was never used', () => {
  const subscribe = { action: 'subscribe', channel: 'demo' };

  test('is subscribed to before every epoch, and nothing is written to its log', async () => {
    const socket = await openSocket();
    expect(await socket.send(subscribe)).toEqual([{ kind: 'subscribed', channel: 'demo', id: '0.0' }]);
    expect(await socket.send({ ...subscribe, after: '0.0' })).toEqual([
      { kind: 'subscribed', channel: 'demo', id: '0.0' },
      { kind: 'caughtUp', channel: 'demo', id: '0.0' },
    ]);
    expect(await socket.log.head('demo')).toBeUndefined();
  });

  test('is resumed from before its first epoch with all of it, and without a reset', async () => {
    const socket = await openSocket();
    const { epoch } = await socket.publish('one');
    await socket.clock.advance(GRACE_MS + 1);
    const answers = await socket.send({ ...subscribe, after: '0.0' });
    expect(answers).toMatchObject([
      { kind: 'subscribed', id: `${epoch}.1` },
      { kind: 'event', id: `${epoch}.1` },
      { kind: 'caughtUp', id: `${epoch}.1` },
    ]);
  });

  test('leads a client that asks again after `0.0` into the first epoch with a reset', async () => {
    const socket = await openSocket();
    await socket.send(subscribe);
    await socket.publish('one');
    const answers = await socket.send({ ...subscribe, after: '0.0' });
    expect(answers).toMatchObject([
      { kind: 'subscribed' },
      { kind: 'reset', reason: 'epoch_changed' },
      { kind: 'event', data: 'one' },
      { kind: 'caughtUp' },
    ]);
  });

  test('whose log was wiped is reset, and not written to', async () => {
    const socket = await openSocket();
    const { epoch } = await socket.publish('one');
    socket.log.wipe();
    expect(await socket.send({ ...subscribe, after: `${epoch}.1` })).toMatchObject([
      { kind: 'subscribed', id: '0.0' },
      { kind: 'reset', reason: 'epoch_changed' },
      { kind: 'caughtUp', id: '0.0' },
    ]);
    expect(await socket.log.head('demo')).toBeUndefined();
  });
});

test('a key that was used for another event is an error, and another principal may use it', async () => {
  const socket = await openSocket();
  const frame = { action: 'publish', channel: 'demo', data: 'one', key: 'k' };
  const published = await socket.send(frame);
  expect(await socket.send(frame)).toEqual(published);
  expect(await socket.send({ ...frame, data: 'two', requestId: 'r1' })).toEqual([
    { kind: 'error', code: 'idempotency_conflict', message: expect.stringContaining('"k"'), requestId: 'r1' },
  ]);
  await socket.store.open({ ...EVERYBODY, principal: 'somebody else', connectionId: 'c1', connectedAtMs: socket.clock.nowMs() });
  expect(await socket.send({ ...frame, data: 'two' })).toMatchObject([{ kind: 'published', id: expect.stringMatching(/\.2$/) }]);
});
