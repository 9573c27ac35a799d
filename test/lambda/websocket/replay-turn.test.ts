import { beforeEach, describe, expect, test } from '@jest/globals';
import { POST_WINDOW_MS } from '../../../lambda/websocket/domain/post-window.ts';
import type { ServerFrame } from '../../../packages/protocol/index.ts';
import { headOf } from '../../support/head-of.ts';
import { GRACE_MS, LIMITS, openSocket, TURN_POSTS } from './support/socket.ts';

type Socket = Awaited<ReturnType<typeof openSocket>>;

const idsOf = (frames: readonly ServerFrame[]): readonly string[] =>
  frames.flatMap((frame) => (frame.kind === 'event' ? [frame.id] : frame.kind === 'events' ? frame.events.map(({ id }) => id) : []));

let socket: Socket;
let epoch: string;

/** `c1` belongs to ann, and each of the channels `demo`, `b`, `c` has 50 settled events. */
beforeEach(async () => {
  socket = await openSocket();
  // The first window of the clock begins here.
  await socket.clock.advance(POST_WINDOW_MS - (socket.clock.nowMs() % POST_WINDOW_MS));
  await openConnection('c1');
  for (const channel of ['demo', 'b', 'c']) for (let n = 1; n <= 50; n++) await socket.publish(`e${n}`, channel);
  await socket.clock.advance(GRACE_MS + 1);
  ({ epoch } = await headOf(socket.log, 'demo'));
});

function openConnection(connectionId: string): Promise<unknown> {
  return socket.store.open({
    connectionId,
    principal: 'ann',
    rights: { subscribe: ['*'], publish: [] },
    connectedAtMs: socket.clock.nowMs(),
    expiresAtMs: socket.clock.nowMs() + 600_000,
  });
}

const startOf = async (channel: string) => `${(await headOf(socket.log, channel)).epoch}.0`;

async function subscribe(channel: string, more: object = {}): Promise<ServerFrame[]> {
  return socket.send({ action: 'subscribe', channel, after: await startOf(channel), ...more });
}

test('a long replay is answered with `subscribed`, and waits for its turns', async () => {
  expect(await subscribe('demo', { requestId: 'r1' })).toEqual([
    { kind: 'subscribed', channel: 'demo', id: `${epoch}.50`, requestId: 'r1' },
  ]);
  expect(socket.replayQueue.jobs).toEqual([{ key: { principal: 'ann', connectionId: 'c1', channel: 'demo' }, delaySeconds: 0 }]);
});

test('a turn posts so much and no more, and its end tells that the client is caught up', async () => {
  const before = socket.poster.posts.length;
  await subscribe('demo', { requestId: 'r1' });
  const counts: number[] = [];
  while (await socket.turn()) counts.push(socket.poster.posts.length - before);
  expect(counts).toEqual([TURN_POSTS + 1, 2 * TURN_POSTS + 1, 52]);
  expect(idsOf(socket.poster.sentTo('c1'))).toEqual(Array.from({ length: 50 }, (_, index) => `${epoch}.${index + 1}`));
  expect(socket.poster.sentTo('c1').at(-1)).toEqual({ kind: 'caughtUp', channel: 'demo', id: `${epoch}.50`, requestId: 'r1' });
});

test('events that are published meanwhile are in it', async () => {
  await subscribe('demo');
  await socket.turn();
  await socket.publish('late');
  while (await socket.turn());
  expect(idsOf(socket.poster.sentTo('c1'))).toHaveLength(51);
});

test('a gap that was open in one turn keeps `caughtUp` before it in the last', async () => {
  await socket.log.allocate('demo');
  for (let n = 0; n < 2 * TURN_POSTS; n++) await socket.publish('behind the gap');
  const answers = await socket.catchUp({ action: 'subscribe', channel: 'demo', after: `${epoch}.49` });
  expect(idsOf(answers)).toHaveLength(1 + 2 * TURN_POSTS);
  expect(answers.at(-1)).toEqual({ kind: 'caughtUp', channel: 'demo', id: `${epoch}.50` });
});

test('a batch carries what fits one message of API Gateway', async () => {
  const answers = await socket.catchUp({ action: 'subscribe', channel: 'demo', after: `${epoch}.0`, batch: true });
  expect(answers.map(({ kind }) => kind)).toEqual(['subscribed', 'events', 'caughtUp']);
  expect(idsOf(answers)).toHaveLength(50);
});

test('ten requests for one channel are one replay, which serves the last of them', async () => {
  const requests = Array.from({ length: LIMITS.responsesPerSecond }, async (_, n) => subscribe('demo', { requestId: `r${n}` }));
  await Promise.all(requests);
  expect(socket.replayQueue.jobs).toHaveLength(1);
  while (await socket.turn());
  expect(idsOf(socket.poster.sentTo('c1'))).toHaveLength(50);
  expect(socket.poster.sentTo('c1').filter(({ kind }) => kind === 'caughtUp')).toEqual([
    { kind: 'caughtUp', channel: 'demo', id: `${epoch}.50`, requestId: expect.stringMatching(/^r\d$/) },
  ]);
});

test('a request that comes during a turn gets the next', async () => {
  await subscribe('demo', { requestId: 'old' });
  await socket.turn();
  await subscribe('demo', { requestId: 'new' });
  expect(socket.replayQueue.jobs).toHaveLength(1);
  while (await socket.turn());
  expect(socket.poster.sentTo('c1').at(-1)).toMatchObject({ kind: 'caughtUp', requestId: 'new' });
});

test('a principal with as many replays as it may have is told when to try again, and is counted', async () => {
  await subscribe('demo');
  await subscribe('b');
  expect(await subscribe('c', { requestId: 'r3' })).toEqual([
    expect.objectContaining({ kind: 'subscribed', channel: 'c' }),
    {
      kind: 'error',
      code: 'throttled',
      message: expect.stringMatching(/at most 2 replays/),
      retryAfterMs: 2_000,
      requestId: 'r3',
    },
  ]);
  expect(socket.lines).toContainEqual(expect.objectContaining({ LimitedReplays: 1 }));
  while (await socket.turn());
  expect(idsOf(await socket.catchUp({ action: 'subscribe', channel: 'c', after: await startOf('c') }))).toHaveLength(50);
});

test('a principal that has used up the posts of the window waits for the next, and loses nothing', async () => {
  const turns = (LIMITS.replayPostsPerSecond * POST_WINDOW_MS) / 1_000 / TURN_POSTS;
  for (let turn = 0; turn < turns; turn += 3) {
    await socket.catchUp({ action: 'subscribe', channel: 'demo', after: `${epoch}.0` });
    if (socket.replayQueue.jobs.some(({ delaySeconds }) => delaySeconds > 0)) break;
  }
  expect(socket.lines).toContainEqual(expect.objectContaining({ LimitedReplays: 1 }));
  expect(idsOf(socket.poster.sentTo('c1')).length % 50).toBe(0);
});

describe('a replay goes without a word', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['when its connection has ended', () => socket.store.close('c1')],
    ['when its token has expired', () => socket.clock.advance(600_000)],
    ['when its channel was unsubscribed', () => socket.send({ action: 'unsubscribe', channel: 'demo' })],
  ])('%s', async (_, happens) => {
    await subscribe('demo');
    await happens();
    const posts = socket.poster.posts.length;
    while (await socket.turn());
    expect(socket.poster.posts).toHaveLength(posts);
    expect(await socket.replays.renew({ principal: 'ann', connectionId: 'c1', channel: 'demo' })).toBeUndefined();
  });
});

test('a connection that is found closed loses its rows, and its place', async () => {
  await subscribe('demo');
  socket.poster.post = async () => ({ kind: 'gone' });
  await socket.turn();
  expect(socket.replayQueue.jobs).toEqual([]);
  expect(await socket.store.find('c1')).toBeUndefined();
  expect(await socket.replays.renew({ principal: 'ann', connectionId: 'c1', channel: 'demo' })).toBeUndefined();
});

test('a turn that runs out of time goes on with the next', async () => {
  const post = socket.poster.post.bind(socket.poster);
  await subscribe('demo');
  socket.poster.post = async (connectionId, frame) => {
    await socket.clock.sleep(400);
    return post(connectionId, frame);
  };
  await socket.turn({ timeMs: 1_000 });
  expect(idsOf(socket.poster.sentTo('c1')).length).toBeLessThan(TURN_POSTS);
  while (await socket.turn());
  expect(idsOf(socket.poster.sentTo('c1'))).toHaveLength(50);
});

test('posts of a turn begin at intervals', async () => {
  await subscribe('demo');
  const beganAtMs = socket.clock.nowMs();
  await socket.turn();
  expect(socket.clock.nowMs() - beganAtMs).toBeGreaterThanOrEqual((TURN_POSTS - 1) * 5);
});

test('a turn that fails is told the client, who asks again, and leaves the place', async () => {
  await subscribe('demo', { requestId: 'r1' });
  socket.log.read = async () => {
    throw new Error('secret detail');
  };
  await socket.turn();
  expect(socket.poster.sentTo('c1').at(-1)).toEqual({
    kind: 'error',
    code: 'internal',
    message: expect.not.stringContaining('secret'),
    requestId: 'r1',
  });
  expect(socket.lines).toContainEqual(expect.objectContaining({ UnexpectedErrors: 1 }));
  expect(socket.replayQueue.jobs).toEqual([]);
});

test('a message that could not be queued leaves no place behind', async () => {
  const replayQueue = {
    enqueue: async () => {
      throw new Error('no queue');
    },
  };
  const answers = await socket.send({ action: 'subscribe', channel: 'demo', after: `${epoch}.0` }, { deps: { replayQueue } });
  expect(answers.at(-1)).toMatchObject({ kind: 'error', code: 'internal' });
  await subscribe('demo');
  expect(socket.replayQueue.jobs).toHaveLength(1);
});
