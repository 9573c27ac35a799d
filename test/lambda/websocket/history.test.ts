/** The frames that begin with a channel's last events, and those that page backwards. */
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { MAX_FRAME_BYTES } from '../../../backbone/domain/event.ts';
import { MAX_BATCH_BYTES } from '../../../lambda/websocket/domain/event-batch.ts';
import { EVERYBODY } from '../../support/access.ts';
import { GRACE_MS, LIMITS, openSocket, RETENTION_MS } from './support/socket.ts';

type Socket = Awaited<ReturnType<typeof openSocket>>;
type Frames = Awaited<ReturnType<Socket['send']>>;

let socket: Socket;
let epoch: string;

beforeEach(async () => {
  socket = await openSocket();
});

async function publish(count: number, dataOf = (n: number) => `e${n}`): Promise<void> {
  for (let n = 1; n <= count; n++) ({ epoch } = await socket.publish(dataOf(n)));
  await socket.clock.advance(GRACE_MS + 1);
}

/** The seqs of all events in frames. */
function seqsIn(frames: Frames): readonly number[] {
  const ids = frames
    .flatMap((frame) => (frame.kind === 'events' ? frame.events : frame.kind === 'event' ? [frame] : []))
    .map(({ id }) => id);
  return ids.map((id) => Number(id.split('.')[1]));
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('subscribe with last', () => {
  test('is answered with the position before the last events, these, and caughtUp', async () => {
    await publish(5);
    const frames = await socket.send({ action: 'subscribe', channel: 'demo', last: 2, requestId: '1' });
    expect(frames).toEqual([
      { kind: 'subscribed', channel: 'demo', id: `${epoch}.3`, requestId: '1' },
      expect.objectContaining({ kind: 'event', id: `${epoch}.4`, data: 'e4' }),
      expect.objectContaining({ kind: 'event', id: `${epoch}.5`, data: 'e5' }),
      { kind: 'caughtUp', channel: 'demo', id: `${epoch}.5`, requestId: '1' },
    ]);
    expect((await socket.store.subscribers('demo', 10)).subscribers).toHaveLength(1);
  });

  test('has all of many events, over the queue of replays', async () => {
    await publish(300);
    const frames = await socket.catchUp({ action: 'subscribe', channel: 'demo', last: 250, batch: true });
    expect(seqsIn(frames)).toEqual(range(51, 300));
    expect(frames.at(-1)).toMatchObject({ kind: 'caughtUp', id: `${epoch}.300` });
  });

  test.each([
    [{ after: '.2', last: 1 }, [3, 4, 5]],
    [{ after: '.5', last: 1 }, []],
  ])('resumes after a cursor: %j', async ({ after, last }, seqs) => {
    await publish(5);
    const frames = await socket.send({ action: 'subscribe', channel: 'demo', after: epoch + after, last });
    expect(frames[0]).toMatchObject({ kind: 'subscribed', id: `${epoch}.5` });
    expect(seqsIn(frames)).toEqual(seqs);
    expect(frames.at(-1)).toMatchObject({ kind: 'caughtUp' });
  });

  test('begins with the last events if its cursor is one of other channels', async () => {
    await publish(5);
    const frames = await socket.send({ action: 'subscribe', channel: 'demo', after: 'orders=k3f9.7', last: 2 });
    expect(seqsIn(frames)).toEqual([4, 5]);
  });

  test('of a channel that was never used, or whose events have expired, is caught up at once', async () => {
    expect(await socket.send({ action: 'subscribe', channel: 'unused', last: 2 })).toEqual([
      { kind: 'subscribed', channel: 'unused', id: '0.0' },
      { kind: 'caughtUp', channel: 'unused', id: '0.0' },
    ]);
    await publish(3);
    await socket.clock.advance(RETENTION_MS);
    await socket.store.open({ ...EVERYBODY, connectionId: 'c1', connectedAtMs: socket.clock.nowMs() });
    expect(await socket.send({ action: 'subscribe', channel: 'demo', last: 2 })).toEqual([
      { kind: 'subscribed', channel: 'demo', id: `${epoch}.3` },
      { kind: 'caughtUp', channel: 'demo', id: `${epoch}.3` },
    ]);
  });

  test('has no effect on an ephemeral channel', async () => {
    expect(await socket.send({ action: 'subscribe', channel: 'typing.demo', last: 2 })).toEqual([
      { kind: 'subscribed', channel: 'typing.demo', channelKind: 'ephemeral' },
    ]);
  });
});

describe('history', () => {
  const history = async (more: object): Promise<Extract<Frames[number], { kind: 'history' }>> => {
    const [frame, ...others] = await socket.send({ action: 'history', channel: 'demo', ...more });
    if (frame?.kind !== 'history' || others.length > 0) throw new Error(JSON.stringify([frame, ...others]));
    return frame;
  };

  test('is answered with one frame, of the newest events or of those before one, in order', async () => {
    await publish(5);
    expect(await history({ last: 2, requestId: 'r' })).toEqual({
      kind: 'history',
      channel: 'demo',
      events: [4, 5].map((n) => ({ id: `${epoch}.${n}`, type: 'message', data: `e${n}`, publishedAt: expect.any(String) })),
      more: true,
      requestId: 'r',
    });
    expect(await history({ before: `${epoch}.4`, last: 2 })).toMatchObject({ events: [{ data: 'e2' }, { data: 'e3' }], more: true });
    expect(await history({ before: `${epoch}.2` })).toMatchObject({ events: [{ data: 'e1' }], more: false });
    expect(await history({ before: `${epoch}.1` })).toMatchObject({ events: [], more: false });
  });

  test('has what fits into one billed message, and pages of it have everything', async () => {
    await publish(300, (n) => `${n} ${'"'.repeat(200)}`);
    const seqs: number[] = [];
    let before: string | undefined;
    for (let more = true; more; ) {
      const frame = await history({ last: 500, ...(before && { before }), requestId: '\u0001'.repeat(128) });
      expect(Buffer.byteLength(JSON.stringify(frame))).toBeLessThanOrEqual(MAX_BATCH_BYTES);
      seqs.unshift(...frame.events.map(({ id }) => Number(id.split('.')[1])));
      ({ more } = frame);
      before = frame.events[0]?.id;
      await socket.clock.advance(60_000);
    }
    expect(seqs).toEqual(range(1, 300));
  });

  test('has 100 events if the client does not say how many', async () => {
    await publish(150, () => '');
    expect((await history({})).events).toHaveLength(100);
  });

  test('has a large event alone, and says which one fits into no frame', async () => {
    await publish(2, (n) => (n === 1 ? 'x'.repeat(96 * 1024) : 'y'));
    expect(await history({ before: `${epoch}.2` })).toMatchObject({ events: [{ id: `${epoch}.1` }], more: false });
    await socket.publish('\u0001'.repeat(21_780));
    await socket.clock.advance(GRACE_MS + 1);
    const [refused] = await socket.send({ action: 'history', channel: 'demo', requestId: '\u0001'.repeat(128) });
    expect(refused).toMatchObject({ kind: 'error', code: 'data_too_large', message: expect.stringContaining(`${epoch}.3`) });
    expect(Buffer.byteLength(JSON.stringify(await history({})))).toBeLessThan(MAX_FRAME_BYTES);
  });

  test('follows the right to subscribe', async () => {
    await socket.store.open({
      principal: 'ann',
      rights: { subscribe: ['orders.*'], publish: ['*'] },
      expiresAtMs: Number.POSITIVE_INFINITY,
      connectionId: 'c2',
      connectedAtMs: socket.clock.nowMs(),
    });
    const ask = (channel: string) => socket.send({ action: 'history', channel }, { connectionId: 'c2' });
    expect(await ask('orders.1')).toMatchObject([{ kind: 'history', events: [], more: false }]);
    expect(await ask('demo')).toMatchObject([{ kind: 'error', code: 'forbidden' }]);
  });

  test('counts as an answer, and reads nothing above the limit', async () => {
    await socket.store.open({ ...EVERYBODY, principal: 'ann', connectionId: 'c2', connectedAtMs: socket.clock.nowMs() });
    const head = jest.spyOn(socket.log, 'head');
    const frames: Frames[number][] = [];
    for (let n = 0; n <= 10 * LIMITS.responsesPerSecond; n++) {
      frames.push(...(await socket.send({ action: 'history', channel: 'demo' }, { connectionId: 'c2' })));
    }
    expect(frames.at(-1)).toMatchObject({ kind: 'error', code: 'throttled' });
    expect(head).toHaveBeenCalledTimes(10 * LIMITS.responsesPerSecond);
  });
});
