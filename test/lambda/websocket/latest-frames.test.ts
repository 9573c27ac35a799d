import { beforeEach, describe, expect, test } from '@jest/globals';
import { MAX_BATCH_BYTES } from '../../../lambda/websocket/domain/event-batch.ts';
import { INLINE_FRAMES } from '../../../lambda/websocket/follow-latest.ts';
import type { LatestEntry, ServerFrame } from '../../../packages/protocol/index.ts';
import { MAX_LATEST_DATA_BYTES, MAX_LATEST_KEYS } from '../../../packages/protocol/publication.ts';
import { stateTag } from '../../../packages/protocol/state-tag.ts';
import { EVERYBODY } from '../../support/access.ts';
import { LIMITS, openSocket, RETENTION_MS, TURN_POSTS } from './support/socket.ts';

const CHANNEL = 'latest.prices';
const SUBSCRIBE = { action: 'subscribe', channel: CHANNEL, requestId: 's' };
const SUBSCRIBED = { kind: 'subscribed', channel: CHANNEL, channelKind: 'latest', requestId: 's' };
const EMPTY = stateTag([]);

let socket: Awaited<ReturnType<typeof openSocket>>;

beforeEach(async () => {
  socket = await openSocket();
});

const put = (key: string, data = key) => socket.latest.put({ channel: CHANNEL, key, value: { type: 'message', data } });
const remove = (key: string) => socket.latest.put({ channel: CHANNEL, key, value: 'removed' });

/** Keys with values of the largest size: seven fit into a frame. */
async function fill(keys: number): Promise<readonly string[]> {
  const names = Array.from({ length: keys }, (_, at) => `k${String(at).padStart(4, '0')}`);
  for (const name of names) await put(name, 'x'.repeat(MAX_LATEST_DATA_BYTES));
  return names;
}

const entriesOf = (frames: readonly ServerFrame[]): readonly LatestEntry[] =>
  frames.flatMap((frame) => (frame.kind === 'latest' ? frame.entries : []));
const snapshotOf = (frames: readonly ServerFrame[]) => frames.find((frame) => frame.kind === 'snapshot');

describe('subscribing to a latest channel', () => {
  test('is answered with its kind, its entries and the end of the snapshot, each with the requestId', async () => {
    await put('a', '1');
    await put('b', '2');
    const frames = await socket.send(SUBSCRIBE);
    expect(frames).toMatchObject([
      SUBSCRIBED,
      {
        kind: 'latest',
        channel: CHANNEL,
        entries: [
          { key: 'a', type: 'message', data: '1' },
          { key: 'b', data: '2' },
        ],
        requestId: 's',
      },
      { kind: 'snapshot', channel: CHANNEL, keys: 2, state: stateTag(entriesOf(frames)), requestId: 's' },
    ]);
    expect(snapshotOf(frames)).not.toHaveProperty('unchanged');
  });

  test('of a channel that was never used ends an empty snapshot', async () => {
    expect(await socket.send(SUBSCRIBE)).toEqual([
      SUBSCRIBED,
      { kind: 'snapshot', channel: CHANNEL, keys: 0, state: EMPTY, requestId: 's' },
    ]);
  });

  test('with the state that the channel has brings no entries', async () => {
    await put('a');
    const { state } = snapshotOf(await socket.send(SUBSCRIBE)) as { readonly state: string };
    expect(await socket.send({ ...SUBSCRIBE, state })).toEqual([
      SUBSCRIBED,
      { kind: 'snapshot', channel: CHANNEL, keys: 1, state, unchanged: true, requestId: 's' },
    ]);
    await put('a', 'new');
    expect(entriesOf(await socket.send({ ...SUBSCRIBE, state }))).toMatchObject([{ key: 'a', data: 'new' }]);
    expect(JSON.stringify(socket.lines)).toContain('"Replays":1');
  });

  test('brings removals while the table has them, which do not count, and nothing that has expired', async () => {
    await put('old');
    await socket.clock.advance(RETENTION_MS - 1_000);
    await put('a');
    await put('gone');
    await remove('gone');
    await socket.clock.advance(2_000);
    const frames = await socket.send(SUBSCRIBE);
    expect(entriesOf(frames)).toMatchObject([{ key: 'a' }, { key: 'gone', removed: true }]);
    expect(snapshotOf(frames)).toMatchObject({ keys: 1, state: stateTag(entriesOf(frames).filter(({ key }) => key === 'a')) });
  });

  test('reads the table when the row of the subscription is there, strongly consistent', async () => {
    const seen: unknown[] = [];
    const latest = {
      read: async (channel: string, consistency: string) => {
        seen.push([(await socket.store.subscribers(channel, 10)).subscribers.length, consistency]);
        return [];
      },
    };
    await socket.send(SUBSCRIBE, { deps: { latest } });
    expect(seen).toEqual([[1, 'strong']]);
  });

  test('ignores a cursor, and needs the right to', async () => {
    expect(await socket.send({ ...SUBSCRIBE, after: 'k3f9.7', batch: true })).toMatchObject([SUBSCRIBED, { kind: 'snapshot' }]);
    const rights = { subscribe: ['other'], publish: [] };
    await socket.store.open({ ...EVERYBODY, rights, connectionId: 'c2', connectedAtMs: socket.clock.nowMs() });
    expect(await socket.send(SUBSCRIBE, { connectionId: 'c2' })).toMatchObject([{ kind: 'error', code: 'forbidden', requestId: 's' }]);
  });
});

describe('a large snapshot', () => {
  test('comes in frames that are billed as one message each, and up to ten of them at once', async () => {
    const names = await fill(7 * INLINE_FRAMES);
    const frames = await socket.send(SUBSCRIBE);
    expect(frames.map(({ kind }) => kind)).toEqual(['subscribed', ...Array(INLINE_FRAMES).fill('latest'), 'snapshot']);
    expect(entriesOf(frames).map(({ key }) => key)).toEqual(names);
    for (const frame of frames) expect(Buffer.byteLength(JSON.stringify(frame))).toBeLessThanOrEqual(MAX_BATCH_BYTES);
  });

  test('of more frames is left to turns, which bring every key once', async () => {
    const names = await fill(MAX_LATEST_KEYS);
    expect(await socket.send(SUBSCRIBE)).toEqual([SUBSCRIBED]);
    const before = socket.poster.posts.length;
    const counts: number[] = [];
    while (await socket.turn()) counts.push(socket.poster.posts.length - before);
    const frames = socket.poster.sentTo('c1');
    expect(entriesOf(frames).map(({ key }) => key)).toEqual(names);
    expect(frames.at(-1)).toMatchObject({ kind: 'snapshot', keys: MAX_LATEST_KEYS, state: stateTag(entriesOf(frames)), requestId: 's' });
    expect(counts.length).toBeGreaterThan(5);
    expect(counts[0]).toBe(TURN_POSTS);
  });

  test('goes on behind what was sent, whatever has changed meanwhile', async () => {
    const names = await fill(200);
    await socket.send(SUBSCRIBE);
    await socket.turn();
    const sent = entriesOf(socket.poster.sentTo('c1')).length;
    await put('a', 'before what was sent');
    await put('z', 'behind it');
    await put(names.at(-1) ?? '', 'newer');
    while (await socket.turn());
    const rest = entriesOf(socket.poster.sentTo('c1')).slice(sent);
    expect(rest.map(({ key }) => key)).toEqual([...names.slice(sent), 'z']);
    expect(rest.at(-2)).toMatchObject({ data: 'newer' });
  });

  test('counts among the replays of its principal', async () => {
    await socket.store.open({ ...EVERYBODY, principal: 'ann', connectionId: 'ann', connectedAtMs: socket.clock.nowMs() });
    const channels = Array.from({ length: LIMITS.replays + 1 }, (_, nth) => `latest.${nth}`);
    const answers: ServerFrame[] = [];
    for (const channel of channels) {
      for (let nth = 0; nth < 100; nth++) {
        await socket.latest.put({ channel, key: `k${nth}`, value: { type: 'message', data: 'x'.repeat(MAX_LATEST_DATA_BYTES) } });
      }
      answers.push(...(await socket.send({ action: 'subscribe', channel }, { connectionId: 'ann' })));
    }
    expect(answers.at(-1)).toMatchObject({ kind: 'error', code: 'throttled' });
    expect(socket.replayQueue.jobs).toHaveLength(LIMITS.replays);
  });

  test('whose posts the principal has used up is left to turns', async () => {
    await socket.store.open({ ...EVERYBODY, principal: 'ann', connectionId: 'ann', connectedAtMs: socket.clock.nowMs() });
    await fill(7);
    const limited = {
      perSecond: 1,
      take: async (_: string, posts: number) => ({ kind: posts > 1 ? 'limited' : 'allowed', retryAfterMs: 1 }) as const,
    };
    expect(await socket.send(SUBSCRIBE, { connectionId: 'ann', deps: { answers: limited } })).toEqual([SUBSCRIBED]);
    expect(socket.replayQueue.jobs).toHaveLength(1);
  });

  test('that the client does not take ends with an error that asks it to subscribe again', async () => {
    socket = await openSocket((_, nth) => ({ kind: nth > 3 && nth < 10 ? 'throttled' : 'sent' }));
    await fill(7 * 5);
    const frames = await socket.send(SUBSCRIBE);
    expect(frames.at(-1)).toMatchObject({ kind: 'error', code: 'replay_incomplete', requestId: 's' });
    expect(snapshotOf(frames)).toBeUndefined();
  });

  test('that cannot be read ends with an error, in a turn too', async () => {
    const latest = { read: () => Promise.reject(new Error('the table is away')) };
    expect(await socket.send(SUBSCRIBE, { deps: { latest } })).toMatchObject([
      SUBSCRIBED,
      { kind: 'error', code: 'internal', requestId: 's' },
    ]);
    await fill(200);
    await socket.send(SUBSCRIBE);
    const { read } = socket.latest;
    socket.latest.read = latest.read;
    await socket.turn();
    socket.latest.read = read;
    expect(socket.poster.sentTo('c1').at(-1)).toMatchObject({ kind: 'error', code: 'internal', requestId: 's' });
  });
});

describe('a ping', () => {
  const PING = { action: 'ping', heads: true };

  test('is answered with the state of each latest channel', async () => {
    await put('a');
    const { state } = snapshotOf(await socket.send(SUBSCRIBE)) as { readonly state: string };
    await socket.send({ action: 'subscribe', channel: 'latest.none' });
    await socket.send({ action: 'subscribe', channel: 'demo' });
    expect(await socket.send(PING)).toEqual([{ kind: 'pong', heads: { demo: '0.0' }, states: { [CHANNEL]: state, 'latest.none': EMPTY } }]);
  });

  test('reads a channel once for all pings of a few seconds, and then again', async () => {
    await socket.send(SUBSCRIBE);
    let reads = 0;
    const { latest } = socket;
    const read = latest.read.bind(latest);
    latest.read = async (channel) => {
      reads++;
      return read(channel);
    };
    for (let nth = 0; nth < 5; nth++) await socket.send(PING);
    expect(reads).toBe(1);
    await put('a');
    await socket.clock.advance(3_000);
    const [pong] = await socket.send(PING);
    expect(reads).toBe(2);
    expect((pong as { readonly states: Record<string, string> }).states[CHANNEL]).not.toBe(EMPTY);
  });

  test('counts an answer for each state that has to be read, and leaves the states out if they are too many', async () => {
    const counted: number[] = [];
    for (const channel of [CHANNEL, 'latest.b', 'demo']) await socket.send({ action: 'subscribe', channel });
    const answers = {
      perSecond: 1,
      take: async (_: string, posts: number) => {
        counted.push(posts);
        return { kind: counted.length === 2 ? 'limited' : 'allowed', retryAfterMs: 1 } as const;
      },
    };
    expect(await socket.send(PING, { deps: { answers } })).toEqual([{ kind: 'pong', heads: { demo: '0.0' } }]);
    expect(counted).toEqual([1, 2]);
    expect(await socket.send(PING, { deps: { answers } })).toMatchObject([{ states: { [CHANNEL]: EMPTY, 'latest.b': EMPTY } }]);
    await socket.send(PING, { deps: { answers } });
    expect(counted).toEqual([1, 2, 1, 2, 1]);
  });
});

describe('publishing on a latest channel', () => {
  const PUBLISH = { action: 'publish', channel: CHANNEL, conflationKey: 'a', data: '1', requestId: 'p' };

  test('is answered with the version, and announced', async () => {
    const [first] = await socket.send(PUBLISH);
    const [second] = await socket.send({ ...PUBLISH, data: '2' });
    expect([first, second]).toMatchObject([
      { kind: 'publishedLatest', channel: CHANNEL, conflationKey: 'a', version: expect.stringMatching(/\.1$/), requestId: 'p' },
      { kind: 'publishedLatest', version: expect.stringMatching(/\.2$/) },
    ]);
    expect(first).not.toHaveProperty('id');
    expect(socket.bus.latest.flat()).toMatchObject([{ key: 'a', data: '1' }, { data: '2' }]);
    expect([socket.bus.notified, await socket.log.head(CHANNEL)]).toEqual([[], undefined]);
  });

  test('removes a key, and takes batches', async () => {
    await socket.send(PUBLISH);
    await socket.send({ action: 'publish', channel: CHANNEL, conflationKey: 'a', removed: true });
    const events = [
      { conflationKey: 'b', data: '1' },
      { conflationKey: 'a', data: '2' },
    ];
    expect(await socket.send({ action: 'publish', channel: CHANNEL, events })).toMatchObject([
      { kind: 'publishedLatestBatch', channel: CHANNEL, events: [{ conflationKey: 'b' }, { conflationKey: 'a' }] },
    ]);
    expect(entriesOf(await socket.send(SUBSCRIBE))).toMatchObject([
      { key: 'a', data: '2', version: expect.stringMatching(/\.3$/) },
      { key: 'b', data: '1' },
    ]);
    expect(socket.bus.latest.map(({ length }) => length)).toEqual([1, 1, 2]);
  });

  test.each([
    [{ conflationKey: undefined }, 'invalid_body', 'conflationKey is missing'],
    [{ removed: true }, 'invalid_body', 'no data'],
    [{ data: 'x'.repeat(MAX_LATEST_DATA_BYTES + 1) }, 'data_too_large', `${MAX_LATEST_DATA_BYTES}`],
    [{ channel: 'demo' }, 'invalid_body', 'this channel is not one'],
    [{ channel: 'typing.a' }, 'invalid_body', 'this channel is not one'],
  ])('with %j is refused', async (more, code, message) => {
    expect(await socket.send({ ...PUBLISH, ...more })).toEqual([
      { kind: 'error', code, message: expect.stringContaining(message), requestId: 'p' },
    ]);
    expect([socket.bus.latest, socket.bus.notified, socket.bus.announced]).toEqual([[], [], []]);
  });

  test('of one key too many is refused, and is no failure of the server', async () => {
    for (let nth = 0; nth < MAX_LATEST_KEYS; nth++) await put(`k${nth}`);
    expect(await socket.send(PUBLISH)).toMatchObject([{ kind: 'error', code: 'too_many_keys', requestId: 'p' }]);
    expect(JSON.stringify(socket.lines)).not.toContain('UnexpectedErrors');
  });

  test('counts among the publications of its principal, each event of a batch', async () => {
    const counted: number[] = [];
    const quota = {
      perSecond: 2,
      take: async (_: string, events = 1) => {
        counted.push(events);
        return false;
      },
    };
    const batch = (count: number) => ({
      action: 'publish',
      channel: CHANNEL,
      events: Array.from({ length: count }, (_, nth) => ({ conflationKey: `k${nth}`, data: '' })),
    });
    expect(await socket.send(PUBLISH, { deps: { quota } })).toMatchObject([{ code: 'too_many_publications' }]);
    expect(await socket.send(batch(2), { deps: { quota } })).toMatchObject([{ code: 'too_many_publications' }]);
    expect(await socket.send(batch(3), { deps: { quota } })).toMatchObject([{ code: 'too_many_events' }]);
    expect(counted).toEqual([1, 2]);
  });

  test('needs the right to', async () => {
    const rights = { subscribe: ['*'], publish: [] };
    await socket.store.open({ ...EVERYBODY, rights, connectionId: 'c2', connectedAtMs: socket.clock.nowMs() });
    expect(await socket.send(PUBLISH, { connectionId: 'c2' })).toMatchObject([{ kind: 'error', code: 'forbidden' }]);
    expect(socket.bus.latest).toEqual([]);
  });
});
