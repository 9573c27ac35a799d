import { expect, test } from '@jest/globals';
import type { PostOutcome } from '../../../lambda/websocket/ports.ts';
import { headOf } from '../../support/head-of.ts';
import { GRACE_MS, openSocket, RETENTION_MS } from './support/socket.ts';

const event = (id: string, data: string) => expect.objectContaining({ kind: 'event', channel: 'demo', id, data });

/** A socket whose channel has the events e1 to e`count`, settled. */
async function socketWithEvents(count: number, script?: Parameters<typeof openSocket>[0]) {
  const socket = await openSocket(script);
  for (let n = 1; n <= count; n++) await socket.publish(`e${n}`);
  const { epoch } = await headOf(socket.log, 'demo');
  await socket.clock.advance(GRACE_MS + 1);
  return { ...socket, epoch, subscribe: (after: string) => ({ action: 'subscribe', channel: 'demo', after }) };
}

test('what was missed comes after `subscribed`, in order, and then `caughtUp`', async () => {
  const socket = await socketWithEvents(4);
  expect(await socket.send({ ...socket.subscribe(`${socket.epoch}.2`), requestId: 'r1' })).toEqual([
    { kind: 'subscribed', channel: 'demo', id: `${socket.epoch}.4`, requestId: 'r1' },
    event(`${socket.epoch}.3`, 'e3'),
    event(`${socket.epoch}.4`, 'e4'),
    { kind: 'caughtUp', channel: 'demo', id: `${socket.epoch}.4`, requestId: 'r1' },
  ]);
});

test('a client that missed nothing is caught up at once', async () => {
  const socket = await socketWithEvents(2);
  expect((await socket.send(socket.subscribe(`${socket.epoch}.2`))).map(({ kind }) => kind)).toEqual(['subscribed', 'caughtUp']);
});

test('a replay runs over the pages of the log', async () => {
  const socket = await socketWithEvents(250);
  const answers = await socket.catchUp(socket.subscribe(`${socket.epoch}.0`));
  const ids = answers.flatMap((frame) => (frame.kind === 'event' ? [frame.id] : []));
  expect(ids).toEqual(Array.from({ length: 250 }, (_, index) => `${socket.epoch}.${index + 1}`));
});

test.each([
  ['of another epoch', 'zzz.1', 'epoch_changed'],
  ['beyond the newest event', undefined, 'ahead'],
])('a cursor %s is answered with reset, and continues at the baseline', async (_, cursor, reason) => {
  const socket = await socketWithEvents(2);
  expect(await socket.send(socket.subscribe(cursor ?? `${socket.epoch}.9`))).toEqual([
    { kind: 'subscribed', channel: 'demo', id: `${socket.epoch}.2` },
    { kind: 'reset', channel: 'demo', reason },
    { kind: 'caughtUp', channel: 'demo', id: `${socket.epoch}.2` },
  ]);
});

test('a cursor past retention is answered with reset', async () => {
  const socket = await socketWithEvents(3);
  await socket.clock.advance(RETENTION_MS + 1000);
  expect(await socket.send(socket.subscribe(`${socket.epoch}.1`))).toContainEqual({ kind: 'reset', channel: 'demo', reason: 'expired' });
});

test('a composite cursor of the other lane resumes its part of the channel', async () => {
  const socket = await socketWithEvents(2);
  expect(await socket.send(socket.subscribe(`orders=ab.9,demo=${socket.epoch}.1`))).toContainEqual(event(`${socket.epoch}.2`, 'e2'));
});

test('a composite cursor without the channel starts at the baseline, without reset', async () => {
  const socket = await socketWithEvents(2);
  expect((await socket.send(socket.subscribe('orders=ab.9'))).map(({ kind }) => kind)).toEqual(['subscribed', 'caughtUp']);
});

test('`caughtUp` stays before a gap that a publisher may still fill', async () => {
  const socket = await socketWithEvents(1);
  await socket.log.allocate('demo');
  await socket.publish('e3');
  const answers = await socket.send(socket.subscribe(`${socket.epoch}.1`));
  expect(answers.slice(1)).toEqual([event(`${socket.epoch}.3`, 'e3'), { kind: 'caughtUp', channel: 'demo', id: `${socket.epoch}.1` }]);
});

test('an old gap is skipped without a frame', async () => {
  const socket = await socketWithEvents(1);
  await socket.log.allocate('demo');
  await socket.publish('e3');
  await socket.clock.advance(GRACE_MS + 1);
  const answers = await socket.send(socket.subscribe(`${socket.epoch}.1`));
  expect(answers.slice(1)).toEqual([event(`${socket.epoch}.3`, 'e3'), { kind: 'caughtUp', channel: 'demo', id: `${socket.epoch}.3` }]);
});

test('a few events are sent at once, and what the function has no time for is left to the queue', async () => {
  const socket = await socketWithEvents(5);
  let posted = 0;
  socket.poster.post = slowed(socket.poster.post.bind(socket.poster), async () => {
    if (++posted > 1) await socket.clock.sleep(400);
  });
  const answers = await socket.send(socket.subscribe(`${socket.epoch}.0`), { timeMs: 1000 });
  expect(answers.map(({ kind }) => kind)).toEqual(['subscribed', 'event', 'event', 'event']);
  await socket.turn();
  expect(socket.poster.sentTo('c1').slice(answers.length)).toEqual([
    event(`${socket.epoch}.4`, 'e4'),
    event(`${socket.epoch}.5`, 'e5'),
    { kind: 'caughtUp', channel: 'demo', id: `${socket.epoch}.5` },
  ]);
});

test('a replay whose events expire meanwhile reports where to continue, and a client that does so is reset', async () => {
  const socket = await openSocket();
  for (let n = 1; n <= 150; n++) await socket.publish(`e${n}`);
  const { epoch } = await headOf(socket.log, 'demo');
  // Three grace periods before the first expires there is proof still; during the replay it is lost.
  await socket.clock.advance(RETENTION_MS - 3 * GRACE_MS);
  const post = socket.poster.post.bind(socket.poster);
  socket.poster.post = async (connectionId, frame) => {
    if (frame.includes('"e50"')) await socket.clock.sleep(2 * GRACE_MS);
    return post(connectionId, frame);
  };
  const answers = await socket.catchUp({ action: 'subscribe', channel: 'demo', after: `${epoch}.0`, requestId: 'r1' });
  expect(answers.filter(({ kind }) => kind === 'event')).toHaveLength(60);
  expect(answers.at(-1)).toMatchObject({ kind: 'error', code: 'replay_incomplete', id: `${epoch}.60`, requestId: 'r1' });
  const again = await socket.send({ action: 'subscribe', channel: 'demo', after: `${epoch}.60` });
  expect(again).toContainEqual({ kind: 'reset', channel: 'demo', reason: 'expired' });
});

test('a client that takes no more for now is told where to continue', async () => {
  let full = false;
  const socket = await socketWithEvents(3, (): PostOutcome => (full ? { kind: 'throttled' } : { kind: 'sent' }));
  const post = socket.poster.post.bind(socket.poster);
  socket.poster.post = async (connectionId, frame) => {
    full = frame.includes('"e2"');
    return post(connectionId, frame);
  };
  expect((await socket.send(socket.subscribe(`${socket.epoch}.0`))).slice(1)).toEqual([
    event(`${socket.epoch}.1`, 'e1'),
    expect.objectContaining({ code: 'replay_incomplete', id: `${socket.epoch}.1` }),
  ]);
});

test('the position to continue at is before an open gap', async () => {
  const socket = await socketWithEvents(1);
  await socket.log.allocate('demo');
  await socket.publish('e3');
  await socket.publish('e4');
  const post = socket.poster.post.bind(socket.poster);
  socket.poster.post = async (connectionId, frame) => (frame.includes('"e4"') ? { kind: 'throttled' } : post(connectionId, frame));
  const answers = await socket.send(socket.subscribe(`${socket.epoch}.0`));
  expect(answers.at(-1)).toMatchObject({ code: 'replay_incomplete', id: `${socket.epoch}.1` });
});

test('a connection that closes during the replay gets nothing more and loses its rows', async () => {
  const socket = await socketWithEvents(5, (_, nth) => (nth < 3 ? { kind: 'sent' } : { kind: 'gone' }));
  await socket.send(socket.subscribe(`${socket.epoch}.0`));
  expect(socket.poster.posts).toHaveLength(3);
  expect((await socket.store.subscribers('demo', 10)).subscribers).toEqual([]);
});

type PostFunction = (connectionId: string, frame: string, signal?: AbortSignal) => Promise<PostOutcome>;

function slowed(post: PostFunction, wait: () => Promise<void>): PostFunction {
  return async (connectionId, frame, signal) => {
    await wait();
    return post(connectionId, frame, signal);
  };
}
