import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CUT_MS } from '../../../console/lanes/lane.ts';
import { WebSocketLane } from '../../../console/lanes/websocket-lane.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import { StubServer } from '../stub-server.ts';
import { RecordingObserver } from './recording-observer.ts';

let stub: StubServer;
let observer: RecordingObserver;
let lane: WebSocketLane;

const state = () => observer.states.at(-1)?.kind;

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

async function openLane(): Promise<void> {
  lane = new WebSocketLane({ url: stub.url.replace('http', 'ws'), channel: 'demo', observer });
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

test('it is live from the baseline and shows events with their time', async () => {
  stub.publish('demo', 'before');
  await openLane();
  const { id, type, data, publishedAt } = stub.publish('demo', 'now');
  await eventually(() => expect(observer.events).toHaveLength(1));
  expect(observer.events[0]).toMatchObject({ id, type, data, publishedAt });
  expect(observer.states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
  expect(observer.replayed).toEqual([]);
});

test('a cut closes the socket, stays away, and comes back by itself with what was missed', async () => {
  await openLane();
  stub.publish('demo', 'before');
  await eventually(() => expect(observer.ids).toEqual(['k3f9.1']));
  const cutAtMs = Date.now();
  lane.cut();
  expect(state()).toBe('cut');
  await eventually(() => expect(stub.connected).toBe(0));
  stub.publish('demo', 'missed');
  await eventually(() => expect(observer.notices).toContainEqual({ kind: 'resumed', after: 'k3f9.1', replayed: 1 }));
  expect(Date.now() - cutAtMs).toBeGreaterThanOrEqual(CUT_MS);
  stub.publish('demo', 'after');
  await eventually(() => expect(observer.ids).toEqual(['k3f9.1', 'k3f9.2', 'k3f9.3']));
  expect(observer.replayed).toEqual(['k3f9.2']);
  expect(observer.notices.map(({ kind }) => kind)).toEqual(['cut', 'resumed']);
});

test('a cut is ended early on demand', async () => {
  await openLane();
  lane.cut();
  lane.resume();
  expect(state()).toBe('connecting');
  await eventually(() => expect(observer.notices).toContainEqual({ kind: 'resumed', after: 'k3f9.0', replayed: 0 }));
  expect(state()).toBe('live');
});

test('a lane that is not live cannot be cut', () => {
  lane = new WebSocketLane({ url: stub.url.replace('http', 'ws'), channel: 'demo', observer });
  lane.cut();
  expect(observer.notices).toEqual([]);
  expect(observer.states).toEqual([{ kind: 'connecting' }]);
});

test('a lost connection is reported with the wait, and comes back', async () => {
  await openLane();
  stub.dropSockets();
  await eventually(() =>
    expect(observer.notices).toEqual([{ kind: 'lost', after: 'k3f9.0' }, expect.objectContaining({ kind: 'resumed' })]),
  );
  expect(observer.states).toContainEqual({ kind: 'lost', untilMs: expect.any(Number) });
  expect(state()).toBe('live');
});

test('what is lost on the way is mended, and what comes again is counted', async () => {
  await openLane();
  stub.lostOnWebSocket.add('k3f9.1');
  stub.publish('demo', 'lost');
  stub.publish('demo', 'arrived');
  await eventually(() => expect(observer.notices).toEqual([{ kind: 'mended', after: 'k3f9.0', found: 1 }]));
  expect(observer.ids).toEqual(['k3f9.1', 'k3f9.2']);
  // The answer holds the event, too, that had waited.
  expect(observer.repeats).toBe(1);
});

test('a reset is reported, and the lane goes on from the new baseline', async () => {
  await openLane();
  stub.refuseResume = true;
  lane.cut();
  lane.resume();
  await eventually(() => expect(observer.notices).toContainEqual({ kind: 'reset', reason: 'expired' }));
  stub.publish('demo', 'after');
  await eventually(() => expect(observer.ids).toEqual(['k3f9.1']));
});

test('a subscription that is refused for good ends the lane, in the words of the server', async () => {
  stub.refuseSubscriptions = true;
  lane = new WebSocketLane({ url: stub.url.replace('http', 'ws'), channel: 'demo', observer });
  await eventually(() => expect(state()).toBe('ended'));
  expect(observer.notices).toEqual([{ kind: 'error', message: 'channel demo is not for you' }]);
});

test('a publication during a cut goes out when the lane is back', async () => {
  await openLane();
  lane.cut();
  await eventually(() => expect(stub.connected).toBe(0));
  const published = lane.publish('note', 'hello');
  lane.resume();
  await expect(published).resolves.toBe('k3f9.1');
  await eventually(() => expect(observer.events).toMatchObject([{ id: 'k3f9.1', type: 'note', data: 'hello' }]));
});
