import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PATIENCE_MS } from '../../../../test/support/patience.ts';
import { CUT_MS, Lane, type LaneOptions } from '../../lanes/lane.ts';
import { StubServer } from '../stub-server.ts';
import { RecordingObserver } from './recording-observer.ts';

let stub: StubServer;
let observer: RecordingObserver;
let lane: Lane;

const state = () => observer.states.at(-1)?.kind;
const connections = () => stub.connected + stub.streaming;

/** Polls until the expectation holds. */
async function eventually(expectation: () => void): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      expectation();
      return;
    } catch (failure) {
      if (Date.now() > deadlineMs) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

function newLane(transport: 'sse' | 'websocket', options: Partial<LaneOptions> = {}): void {
  const websocketUrl = stub.url.replace('http', 'ws');
  const endpoint = transport === 'sse' ? { transport, url: stub.url } : { transport, websocketUrl };
  lane = new Lane({ endpoint, channel: 'demo', observer, ...options });
}

async function openLane(transport: 'sse' | 'websocket', options: Partial<LaneOptions> = {}): Promise<void> {
  newLane(transport, options);
  await eventually(() => expect(state()).toBe('live'));
}

beforeEach(async () => {
  stub = await StubServer.start({ consoleDir: '' });
  observer = new RecordingObserver();
});

afterEach(async () => {
  lane.close();
  await stub.close();
});

describe.each(['sse', 'websocket'] as const)('over %s', (transport) => {
  test('it is live from the baseline and shows events of any type', async () => {
    stub.publish('demo', 'before');
    await openLane(transport);
    const { id, type, data, publishedAt } = stub.publish('demo', 'now', 'order.paid');
    await eventually(() => expect(observer.events).toHaveLength(1));
    expect(observer.events[0]).toMatchObject({ id, type, data, ...(transport === 'websocket' && { publishedAt }) });
    expect(observer.states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
    expect(observer.replayed).toEqual([]);
    expect(observer.notices).toEqual([]);
  });

  test('events of the history are loaded page by page, until there are none', async () => {
    for (let n = 1; n <= 60; n++) stub.publish('demo', `e${n}`);
    await openLane(transport);
    const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `e${from + index}`);
    await lane.loadOlder(undefined);
    await lane.loadOlder('k3f9.11');
    await lane.loadOlder('k3f9.1');
    expect(observer.older).toEqual([numbered(11, 60), numbered(1, 10), []]);
    expect(observer.events).toEqual([]);
    const pending = lane.loadOlder(undefined);
    lane.cut();
    await pending;
    expect(observer.older).toHaveLength(3);
    expect(observer.notices.map(({ kind }) => kind)).toEqual(['cut']);
  });

  test('a cut closes the connection, and it returns by itself with what was missed', async () => {
    await openLane(transport);
    stub.publish('demo', 'before');
    await eventually(() => expect(observer.ids).toEqual(['k3f9.1']));
    const cutAtMs = Date.now();
    lane.cut();
    expect(state()).toBe('cut');
    await eventually(() => expect(connections()).toBe(0));
    stub.publish('demo', 'missed');
    await eventually(() => expect(observer.notices).toContainEqual({ kind: 'resumed', after: 'k3f9.1', replayed: 1 }));
    expect(Date.now() - cutAtMs).toBeGreaterThanOrEqual(CUT_MS);
    stub.publish('demo', 'after');
    await eventually(() => expect(observer.ids).toEqual(['k3f9.1', 'k3f9.2', 'k3f9.3']));
    expect(observer.replayed).toEqual(['k3f9.2']);
    expect(observer.notices.map(({ kind }) => kind)).toEqual(['cut', 'resumed']);
  });

  test('a cut before the first event is ended early on demand, and resumes from the baseline', async () => {
    await openLane(transport);
    lane.cut();
    lane.resume();
    expect(state()).toBe('connecting');
    await eventually(() => expect(observer.notices).toContainEqual({ kind: 'resumed', after: 'k3f9.0', replayed: 0 }));
    expect(state()).toBe('live');
  });

  test('a lane that is not live cannot be cut', () => {
    newLane(transport);
    lane.cut();
    expect(observer.notices).toEqual([]);
    expect(observer.states).toEqual([{ kind: 'connecting' }]);
  });

  test('a lost connection is reported with the wait, and comes back', async () => {
    await openLane(transport);
    stub.dropSockets();
    stub.dropStreams();
    await eventually(() =>
      expect(observer.notices).toEqual([{ kind: 'lost', after: 'k3f9.0' }, expect.objectContaining({ kind: 'resumed' })]),
    );
    expect(observer.states).toContainEqual({ kind: 'lost', untilMs: expect.any(Number) });
    expect(state()).toBe('live');
  });

  test('a reset is reported, and the lane continues from the new baseline', async () => {
    await openLane(transport);
    stub.refuseResume = true;
    lane.cut();
    lane.resume();
    await eventually(() => expect(observer.notices).toContainEqual({ kind: 'reset', reason: 'expired' }));
    stub.publish('demo', 'after');
    await eventually(() => expect(observer.ids).toEqual(['k3f9.1']));
    expect(observer.replayed).toEqual([]);
  });

  test('while no token is available it says why, and tries again', async () => {
    let good = false;
    const createToken = () => async () => {
      if (!good) throw new Error('the issuer cannot be reached');
      return 'token';
    };
    newLane(transport, { createToken });
    await eventually(() => expect(observer.notices).toContainEqual({ kind: 'error', message: 'the issuer cannot be reached' }));
    expect(connections()).toBe(0);
    good = true;
    lane.resume();
    await eventually(() => expect(state()).toBe('live'));
  });

  test('a cut asks for a new token function, which does not treat its first token as refused', async () => {
    let functions = 0;
    await openLane(transport, { createToken: () => `token-${++functions}` });
    const before = functions;
    lane.cut();
    lane.resume();
    await eventually(() => expect(state()).toBe('live'));
    expect(functions).toBeGreaterThan(before);
  });

  test('an unreachable server is reported until the first connection', async () => {
    const { url } = stub;
    await stub.close();
    stub = await StubServer.start({ consoleDir: '' });
    const endpoint = transport === 'sse' ? { transport, url } : { transport, websocketUrl: url.replace('http', 'ws') };
    newLane(transport, { endpoint });
    await eventually(() => expect(state()).toBe('lost'));
    // The error of a socket that does not open gives no reason.
    if (transport === 'sse') expect(observer.notices).toContainEqual({ kind: 'error', message: 'The server cannot be reached.' });
  });
});

test('events that the WebSocket lane loses are recovered, and repeats are counted', async () => {
  await openLane('websocket');
  stub.lostOnWebSocket.add('k3f9.1');
  stub.publish('demo', 'lost');
  stub.publish('demo', 'arrived');
  await eventually(() => expect(observer.notices).toEqual([{ kind: 'mended', after: 'k3f9.0', found: 1 }]));
  expect(observer.ids).toEqual(['k3f9.1', 'k3f9.2']);
  // The answer also contains the event that had waited.
  expect(observer.repeats).toBe(1);
});

test('a subscription that is refused for good ends the lane, with the message of the server', async () => {
  stub.refuseSubscriptions = true;
  newLane('websocket');
  await eventually(() => expect(state()).toBe('ended'));
  expect(observer.notices).toEqual([{ kind: 'error', message: 'channel demo is not for you' }]);
});

test('a stream that is refused for good ends the lane, with the message of the server', async () => {
  stub.refuseTokens = true;
  newLane('sse');
  await eventually(() => expect(state()).toBe('ended'));
  expect(observer.notices).toEqual([{ kind: 'error', message: 'the token is of another audience (unauthorized)' }]);
});

test('a server without the SSE lane is not asked again', async () => {
  await stub.close();
  stub = await StubServer.start({ consoleDir: '', lanes: ['websocket'] });
  newLane('sse');
  await eventually(() => expect(state()).toBe('absent'));
  expect(observer.notices).toEqual([]);
});

test('an SSE event that arrives after the end of the log was looked up is live', async () => {
  await openLane('sse');
  lane.cut();
  stub.publish('demo', 'missed');
  lane.resume();
  await eventually(() => expect(observer.notices.at(-1)).toEqual({ kind: 'resumed', after: 'k3f9.0', replayed: 1 }));
  stub.publish('demo', 'live');
  await eventually(() => expect(observer.ids).toEqual(['k3f9.1', 'k3f9.2']));
  expect(observer.replayed).toEqual(['k3f9.1']);
});

test('a publication during a cut is sent when the lane is back', async () => {
  await openLane('websocket');
  lane.cut();
  await eventually(() => expect(stub.connected).toBe(0));
  const published = lane.publish({ type: 'note', data: 'hello' });
  lane.resume();
  await expect(published).resolves.toBe('k3f9.1');
  await eventually(() => expect(observer.events).toMatchObject([{ id: 'k3f9.1', type: 'note', data: 'hello' }]));
});
