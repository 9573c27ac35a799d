import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { ClientFrame, ServerFrame } from '../../../backbone/protocol.ts';
import { SUBPROTOCOL } from '../../../backbone/protocol.ts';
import { CHECK_INTERVAL_MS, CUT_MS } from '../../../console/lanes/lane.ts';
import { type Socket, WebSocketLane } from '../../../console/lanes/websocket-lane.ts';
import { RecordingObserver } from './recording-observer.ts';

class FakeSocket implements Socket {
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  readonly sent: ClientFrame[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame);
  }

  close(): void {
    this.closed = true;
  }

  opens(): void {
    this.onopen?.(new Event('open'));
  }

  breaks(): void {
    this.onclose?.(new Event('close') as CloseEvent);
  }

  receives(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent);
  }

  receivesEvents(...seqs: number[]): void {
    for (const seq of seqs) {
      this.receives({
        kind: 'event',
        channel: 'demo',
        id: `e1.${seq}`,
        type: 'message',
        data: `${seq}`,
        publishedAt: '2026-01-01T00:00:00.000Z',
      });
    }
  }

  get lastSent(): ClientFrame | undefined {
    return this.sent.at(-1);
  }

  /** Answers the newest subscribe. */
  subscribed(id: string): void {
    this.receives({ kind: 'subscribed', channel: 'demo', id, ...this.#requestId() });
  }

  caughtUp(id: string): void {
    this.receives({ kind: 'caughtUp', channel: 'demo', id, ...this.#requestId() });
  }

  #requestId() {
    const requestId = this.sent.findLast(({ action }) => action === 'subscribe')?.requestId;
    return requestId === undefined ? {} : { requestId };
  }
}

let lane: WebSocketLane;
let observer: RecordingObserver;
let sockets: FakeSocket[];
let protocols: string[];

/** The socket that the lane uses now. */
function socket(): FakeSocket {
  const newest = sockets.at(-1);
  if (newest === undefined) throw new Error('the lane has opened no socket');
  return newest;
}

function goLive(baseline = 'e1.4'): void {
  socket().opens();
  socket().subscribed(baseline);
}

beforeEach(() => {
  jest.useFakeTimers();
  observer = new RecordingObserver();
  sockets = [];
  protocols = [];
  lane = new WebSocketLane({
    url: 'ws://lanes.example',
    channel: 'demo',
    observer,
    random: () => 0,
    createSocket: (_url, protocol) => {
      protocols.push(protocol);
      sockets.push(new FakeSocket());
      return socket();
    },
  });
});

afterEach(() => {
  lane.close();
  jest.useRealTimers();
});

test('it offers the sub-protocol, subscribes, and is live from the baseline', () => {
  socket().opens();
  expect(protocols).toEqual([SUBPROTOCOL]);
  expect(socket().sent).toEqual([{ action: 'subscribe', channel: 'demo', requestId: expect.any(String) }]);
  socket().subscribed('e1.4');
  socket().receivesEvents(5);
  expect(observer.states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
  expect(observer.events).toEqual([{ id: 'e1.5', type: 'message', data: '5', publishedAt: '2026-01-01T00:00:00.000Z' }]);
});

test('an event that overtakes the answer to the subscription is not lost', () => {
  socket().opens();
  socket().receivesEvents(5);
  expect(observer.ids).toEqual([]);
  socket().subscribed('e1.4');
  expect(observer.ids).toEqual(['e1.5']);
});

test('events that overtake each other are put into order without asking', () => {
  goLive();
  socket().receivesEvents(6, 7, 5);
  jest.advanceTimersByTime(1000);
  expect(observer.ids).toEqual(['e1.5', 'e1.6', 'e1.7']);
  expect(socket().sent).toHaveLength(1);
  expect(observer.notices).toEqual([]);
});

test('a repeat is dropped and counted', () => {
  goLive();
  socket().receivesEvents(5, 5);
  expect(observer.ids).toEqual(['e1.5']);
  expect(observer.repeats).toBe(1);
});

test('what stays missing is asked for, and the gap is reported as mended', () => {
  goLive();
  socket().receivesEvents(7);
  jest.advanceTimersByTime(1000);
  expect(socket().lastSent).toMatchObject({ action: 'subscribe', after: 'e1.4' });
  socket().subscribed('e1.7');
  socket().receivesEvents(5, 6, 7);
  socket().caughtUp('e1.7');
  expect(observer.ids).toEqual(['e1.5', 'e1.6', 'e1.7']);
  expect(observer.replayed).toEqual([]);
  expect(observer.notices).toEqual([{ kind: 'mended', after: 'e1.4', found: 2 }]);
});

test('a seq that the log never got is passed over once the server says so', () => {
  goLive();
  socket().receivesEvents(6);
  jest.advanceTimersByTime(1000);
  socket().subscribed('e1.6');
  socket().caughtUp('e1.6');
  expect(observer.ids).toEqual(['e1.6']);
  expect(observer.notices).toEqual([{ kind: 'mended', after: 'e1.4', found: 0 }]);
});

test('while the server does not know yet, the lane asks again', () => {
  goLive();
  socket().receivesEvents(6);
  jest.advanceTimersByTime(1000);
  socket().subscribed('e1.4');
  socket().caughtUp('e1.4');
  expect(observer.ids).toEqual([]);
  jest.advanceTimersByTime(1000);
  expect(socket().sent).toHaveLength(3);
  socket().caughtUp('e1.6');
  expect(observer.ids).toEqual(['e1.6']);
});

test('a cut closes the socket and comes back after the last event, with what was missed', () => {
  goLive();
  socket().receivesEvents(5);
  const first = socket();
  lane.cut();
  expect(first.closed).toBe(true);
  first.receivesEvents(6);
  expect(observer.ids).toEqual(['e1.5']);

  jest.advanceTimersByTime(CUT_MS);
  socket().opens();
  expect(socket().lastSent).toMatchObject({ action: 'subscribe', after: 'e1.5' });
  socket().subscribed('e1.7');
  socket().receivesEvents(6, 7);
  socket().caughtUp('e1.7');
  socket().receivesEvents(8);
  expect(observer.ids).toEqual(['e1.5', 'e1.6', 'e1.7', 'e1.8']);
  expect(observer.replayed).toEqual(['e1.6', 'e1.7']);
  expect(observer.notices).toEqual([
    { kind: 'cut', after: 'e1.5' },
    { kind: 'resumed', after: 'e1.5', replayed: 2 },
  ]);
});

test('a lane that is not connected cannot be cut', () => {
  lane.cut();
  expect(observer.notices).toEqual([]);
  expect(observer.states).toEqual([{ kind: 'connecting' }]);
});

test('a cut before the first event resumes from the baseline', () => {
  goLive('e1.4');
  lane.cut();
  lane.resume();
  socket().opens();
  expect(socket().lastSent).toMatchObject({ after: 'e1.4' });
});

test('a lost connection is reported and comes back', () => {
  goLive();
  socket().breaks();
  expect(observer.notices).toEqual([{ kind: 'lost', after: 'e1.4' }]);
  jest.advanceTimersByTime(1000);
  expect(sockets).toHaveLength(2);
});

test('a reset is reported, and the lane goes on behind the new baseline', () => {
  goLive('e1.4');
  lane.cut();
  lane.resume();
  socket().opens();
  socket().receives({ kind: 'subscribed', channel: 'demo', id: 'e2.9', requestId: '2' });
  socket().receives({ kind: 'reset', channel: 'demo', reason: 'epoch_changed' });
  socket().receives({ kind: 'event', channel: 'demo', id: 'e2.10', type: 'message', data: '', publishedAt: '2026-01-01T00:00:00.000Z' });
  expect(observer.notices).toContainEqual({ kind: 'reset', reason: 'epoch_changed' });
  expect(observer.ids).toEqual(['e2.10']);
  expect(observer.states.at(-1)).toEqual({ kind: 'live' });
});

test('an event of another epoch makes the lane ask the server how to go on', () => {
  goLive('e1.4');
  socket().receives({ kind: 'event', channel: 'demo', id: 'e2.1', type: 'message', data: '', publishedAt: '2026-01-01T00:00:00.000Z' });
  expect(socket().lastSent).toMatchObject({ action: 'subscribe', after: 'e1.4' });
});

test('a lost last event is found by the regular check', () => {
  goLive('e1.4');
  jest.advanceTimersByTime(CHECK_INTERVAL_MS);
  expect(socket().lastSent).toMatchObject({ action: 'subscribe', after: 'e1.4' });
  socket().subscribed('e1.5');
  socket().receivesEvents(5);
  socket().caughtUp('e1.5');
  expect(observer.ids).toEqual(['e1.5']);
});

test('a socket that does not answer is given up', () => {
  goLive();
  const first = socket();
  jest.advanceTimersByTime(CHECK_INTERVAL_MS + 10_000);
  expect(first.closed).toBe(true);
  expect(observer.notices).toEqual([{ kind: 'lost', after: 'e1.4' }]);
});

test('a refused subscription is shown and tried again', () => {
  socket().opens();
  socket().receives({ kind: 'error', code: 'internal', message: 'The log cannot be read.', requestId: '1' });
  expect(observer.notices).toEqual([{ kind: 'error', message: 'The log cannot be read.' }]);
  jest.advanceTimersByTime(1000);
  expect(sockets).toHaveLength(2);
});

test('a publish resolves with its id, or rejects with the sentence of the server', async () => {
  goLive();
  const good = lane.publish('note', 'hello');
  expect(socket().lastSent).toMatchObject({ action: 'publish', channel: 'demo', type: 'note', data: 'hello' });
  socket().receives({ kind: 'published', channel: 'demo', id: 'e1.5', requestId: socket().lastSent?.requestId ?? '' });
  await expect(good).resolves.toBe('e1.5');

  const bad = lane.publish('reset', 'hello');
  socket().receives({
    kind: 'error',
    code: 'invalid_type',
    message: 'type "reset" is reserved',
    requestId: socket().lastSent?.requestId ?? '',
  });
  await expect(bad).rejects.toThrow('type "reset" is reserved');
  expect(observer.notices).toEqual([]);
});

test('a publish whose answer cannot come any more rejects', async () => {
  goLive();
  const publish = lane.publish('', 'hello');
  lane.cut();
  await expect(publish).rejects.toThrow('closed before the answer came');
  await expect(lane.publish('', 'hello')).rejects.toThrow('not connected');
});
