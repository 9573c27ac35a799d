import { beforeEach, expect, test } from '@jest/globals';
import { membersOf } from '../../../backbone/domain/presence.ts';
import { PRESENCE_LEASE_MS } from '../../../lambda/websocket/contract.ts';
import { MAX_CHANNELS_PER_CONNECTION } from '../../../lambda/websocket/domain/connection.ts';
import { MAX_PRESENT_CHANNELS } from '../../../packages/protocol/presence.ts';
import { EVERYBODY } from '../../support/access.ts';
import { LIMITS, openSocket } from './support/socket.ts';

const CHANNEL = 'room';
const FOLLOW = { action: 'subscribe', channel: CHANNEL, presence: true };

let socket: Awaited<ReturnType<typeof openSocket>>;

beforeEach(async () => {
  socket = await openSocket();
});

async function connect(connectionId: string, principal: string): Promise<void> {
  const { clock, store } = socket;
  const expiresAtMs = clock.nowMs() + 3_600_000;
  await store.open({ connectionId, principal, rights: EVERYBODY.rights, connectedAtMs: clock.nowMs(), expiresAtMs });
}

async function members(channel = CHANNEL) {
  return membersOf((await socket.presence.read(channel)).rows ?? []);
}

const enter = (connectionId: string, data?: string) =>
  socket.send({ action: 'present', channel: CHANNEL, ...(data !== undefined && { data }), requestId: 'r' }, { connectionId });

test('a connection is present until it says that it is absent', async () => {
  await connect('ann-1', 'ann');
  expect(await enter('ann-1', 'red')).toEqual([{ kind: 'present', channel: CHANNEL, requestId: 'r' }]);
  expect(await members()).toEqual([{ id: 'ann', connections: 1, data: 'red' }]);
  const absent = await socket.send({ action: 'absent', channel: CHANNEL, requestId: 'r' }, { connectionId: 'ann-1' });
  expect(absent).toEqual([{ kind: 'absent', channel: CHANNEL, requestId: 'r' }]);
  expect(await members()).toEqual([]);
  const [entered, left] = socket.bus.told;
  expect(entered).toMatchObject({ channel: CHANNEL, owner: 'ann-1', changes: [{ member: 'ann', data: 'red', connections: 1 }] });
  expect(left).toMatchObject({ channel: CHANNEL, owner: 'ann-1', changes: [{ member: 'ann', connections: 0 }] });
  expect(left?.changes[0]?.version).toBeGreaterThan(entered?.changes[0]?.version ?? Number.NaN);
});

test('present again changes the data, with a higher version even within a millisecond', async () => {
  await connect('ann-1', 'ann');
  await enter('ann-1', 'red');
  await enter('ann-1', 'green');
  expect(await members()).toEqual([{ id: 'ann', connections: 1, data: 'green' }]);
  const [first = 0, second = 0] = socket.bus.told.map(({ changes }) => changes[0]?.version);
  expect(second).toBeGreaterThan(first);
});

test('a user with three connections is one member', async () => {
  for (const connectionId of ['ann-1', 'ann-2', 'ann-3']) {
    await connect(connectionId, 'ann');
    await enter(connectionId);
  }
  expect(await members()).toEqual([{ id: 'ann', connections: 3 }]);
});

test('closing a connection ends its presence everywhere, and tells it', async () => {
  await connect('ann-1', 'ann');
  await enter('ann-1');
  await socket.send({ action: 'present', channel: 'hall' }, { connectionId: 'ann-1' });
  await socket.store.close('ann-1');
  expect([await members(), await members('hall')]).toEqual([[], []]);
  const departures = socket.bus.told.slice(2).map(({ channel, changes }) => [channel, changes[0]?.connections]);
  expect(departures.sort()).toEqual([
    ['hall', 0],
    [CHANNEL, 0],
  ]);
});

test('a connection that is closed while it enters is not present', async () => {
  await connect('ann-1', 'ann');
  const { presence, store } = socket;
  const closing = Object.assign(Object.create(presence), {
    write: async (...written: Parameters<typeof presence.write>) => {
      if (written[0].length > 0) await store.close('ann-1');
      await presence.write(...written);
    },
  });
  const [answer] = await socket.send({ action: 'present', channel: CHANNEL }, { connectionId: 'ann-1', deps: { presence: closing } });
  expect(answer).toMatchObject({ kind: 'error', code: 'connection_unknown' });
  expect(await members()).toEqual([]);
});

test('only who may subscribe may be present', async () => {
  const { clock, store } = socket;
  const rights = { subscribe: ['hall'], publish: [CHANNEL] };
  await store.open({ connectionId: 'bob-1', principal: 'bob', rights, connectedAtMs: clock.nowMs(), expiresAtMs: clock.nowMs() + 60_000 });
  expect(await enter('bob-1')).toEqual([expect.objectContaining({ kind: 'error', code: 'forbidden', requestId: 'r' })]);
  expect(await members()).toEqual([]);
});

test('a connection is present on 32 channels at most', async () => {
  await connect('ann-1', 'ann');
  for (let nth = 0; nth < MAX_PRESENT_CHANNELS; nth++) {
    await socket.send({ action: 'present', channel: `c${nth}` }, { connectionId: 'ann-1' });
    await socket.clock.advance(1_000);
  }
  expect(await enter('ann-1')).toEqual([expect.objectContaining({ code: 'too_many_channels' })]);
  expect(await members()).toEqual([]);
  await socket.send({ action: 'absent', channel: 'c0' }, { connectionId: 'ann-1' });
  expect(await enter('ann-1')).toMatchObject([{ kind: 'present' }]);
});

test.each([
  ['no text', 7, 'invalid_data'],
  ['more than 1 KiB', 'ä'.repeat(513), 'data_too_large'],
])('data that is %s is refused', async (_, data, code) => {
  expect(await socket.send({ action: 'present', channel: CHANNEL, data })).toEqual([expect.objectContaining({ kind: 'error', code })]);
});

test('pings keep a connection present, and write once in a quarter of the lease', async () => {
  await connect('ann-1', 'ann');
  await enter('ann-1', 'red');
  const { counts } = socket.presence;
  await socket.clock.advance(PRESENCE_LEASE_MS / 4 - 1);
  const before = counts.rows;
  await socket.send({ action: 'ping' }, { connectionId: 'ann-1' });
  expect(counts.rows).toBe(before);
  await socket.clock.advance(1);
  await socket.send({ action: 'ping' }, { connectionId: 'ann-1' });
  await socket.send({ action: 'ping' }, { connectionId: 'ann-1' });
  expect(counts.rows).toBe(before + 1);
  await socket.clock.advance(PRESENCE_LEASE_MS - 1);
  expect(await members()).toEqual([{ id: 'ann', connections: 1, data: 'red' }]);
  await socket.clock.advance(1);
  expect(await members()).toEqual([]);
});

test('nobody is present for longer than the token allows', async () => {
  const { clock, store } = socket;
  const expiresAtMs = clock.nowMs() + PRESENCE_LEASE_MS / 2;
  await store.open({ connectionId: 'ann-1', principal: 'ann', rights: EVERYBODY.rights, connectedAtMs: clock.nowMs(), expiresAtMs });
  await enter('ann-1');
  await clock.advance(PRESENCE_LEASE_MS / 2 - 1);
  await socket.send({ action: 'ping' }, { connectionId: 'ann-1' });
  await clock.advance(1);
  expect(await members()).toEqual([]);
});

test('who follows the presence of a channel gets everybody first', async () => {
  await connect('ann-1', 'ann');
  await enter('ann-1', 'red');
  const frames = await socket.send({ ...FOLLOW, requestId: 'r' });
  expect(frames).toEqual([
    { kind: 'subscribed', channel: CHANNEL, id: '0.0', requestId: 'r' },
    {
      kind: 'presence',
      channel: CHANNEL,
      count: 1,
      changes: [{ id: 'ann', connections: 1, data: 'red' }],
      snapshot: true,
      state: expect.any(String),
    },
  ]);
});

test('on an ephemeral channel too, and before what was missed on others', async () => {
  expect(await socket.send({ ...FOLLOW, channel: 'typing.room' })).toMatchObject([{ kind: 'subscribed' }, { kind: 'presence', count: 0 }]);
  const { epoch } = await socket.publish('1', CHANNEL);
  const frames = await socket.send({ ...FOLLOW, after: `${epoch}.0` });
  expect(frames.map(({ kind }) => kind)).toEqual(['subscribed', 'presence', 'event', 'caughtUp']);
});

test('nobody who has that state gets it again', async () => {
  const [, snapshot] = await socket.send(FOLLOW);
  const state = snapshot?.kind === 'presence' ? snapshot.state : '';
  expect(await socket.send({ ...FOLLOW, presenceState: state })).toHaveLength(1);
  expect(await socket.send({ ...FOLLOW, presenceState: 'another' })).toHaveLength(2);
});

test('a list that is larger than a frame comes in parts', async () => {
  for (let nth = 0; nth < 40; nth++) {
    await connect(`c-${nth}`, `user ${nth}`);
    await enter(`c-${nth}`, 'x'.repeat(1_024));
  }
  const parts = (await socket.send(FOLLOW)).slice(1);
  expect(parts).toHaveLength(2);
  expect(parts).toMatchObject([
    { kind: 'presence', snapshot: true, more: true, count: 40 },
    { kind: 'presence', snapshot: true, count: 40 },
  ]);
  expect(parts[1]).not.toHaveProperty('more');
  const ids = parts.flatMap((part) => (part.kind === 'presence' ? (part.changes ?? []) : [])).map(({ id }) => id);
  expect(new Set(ids).size).toBe(40);
  for (const part of parts) expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThanOrEqual(32 * 1_024);
});

test('snapshots count as answers', async () => {
  await connect('ann-1', 'ann');
  const answers = {
    perSecond: LIMITS.responsesPerSecond,
    take: async (_: string, posts: number) => {
      taken.push(posts);
      return { kind: 'allowed' } as const;
    },
  };
  const taken: number[] = [];
  await socket.send(FOLLOW, { connectionId: 'ann-1', deps: { answers } });
  expect(taken).toEqual([1, 1]);
});

test('a ping with another state is answered by everybody who is there, one with the same by nothing more', async () => {
  await connect('ann-1', 'ann');
  const [, snapshot] = await socket.send(FOLLOW);
  const state = snapshot?.kind === 'presence' ? snapshot.state : '';
  const ping = { action: 'ping', presenceStates: { [CHANNEL]: state } };
  expect(await socket.send(ping)).toEqual([{ kind: 'pong' }]);
  await enter('ann-1');
  expect(await socket.send(ping)).toMatchObject([{ kind: 'pong' }, { kind: 'presence', snapshot: true, changes: [{ id: 'ann' }] }]);
});

test('a ping shows the presence of no channel that the connection does not follow', async () => {
  await connect('ann-1', 'ann');
  await enter('ann-1');
  const ping = { action: 'ping', heads: true, presenceStates: { [CHANNEL]: '' } };
  expect(await socket.send(ping)).toEqual([{ kind: 'pong', heads: {} }]);
  await socket.send(FOLLOW);
  await socket.send({ action: 'subscribe', channel: CHANNEL });
  expect(await socket.send(ping)).toEqual([{ kind: 'pong', heads: { [CHANNEL]: '0.0' } }]);
  await socket.send(FOLLOW);
  await socket.send({ action: 'unsubscribe', channel: CHANNEL });
  expect(await socket.send(ping)).toEqual([{ kind: 'pong', heads: {} }]);
});

test.each([
  [{ ...FOLLOW, presence: 'yes' }, 'presence must be true or false'],
  [{ ...FOLLOW, presenceState: 7 }, 'the state of presence is 7'],
  [{ action: 'ping', presenceStates: [] }, 'presenceStates must be an object'],
  [{ action: 'ping', presenceStates: { room: 7 } }, 'the state of presence is 7'],
])('%j is refused', async (frame, message) => {
  expect(await socket.send(frame)).toEqual([
    expect.objectContaining({ kind: 'error', code: 'invalid_frame', message: expect.stringContaining(message) }),
  ]);
});

test('a channel with presence counts as two', async () => {
  for (let nth = 1; nth < MAX_CHANNELS_PER_CONNECTION; nth++) await socket.store.subscribe('c1', `c${nth}`);
  expect(await socket.send(FOLLOW)).toEqual([expect.objectContaining({ kind: 'error', code: 'too_many_channels' })]);
});
