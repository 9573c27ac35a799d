import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { PollAnswer, WireEvent } from '../../../backbone/protocol.ts';
import { CHECK_INTERVAL_MS, CUT_MS } from '../../../console/lanes/lane.ts';
import { SseLane, type Stream } from '../../../console/lanes/sse-lane.ts';
import { RecordingObserver } from './recording-observer.ts';

class FakeStream implements Stream {
  readyState = 0;
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  readonly url: string;
  readonly #listeners = new Map<string, (event: MessageEvent<string>) => void>();

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.#listeners.set(type, listener);
  }

  close(): void {
    this.readyState = 2;
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.(new Event('open'));
  }

  /** The browser will reconnect after 'connecting'; after 'closed' it has given up. */
  fails(then: 'connecting' | 'closed'): void {
    this.readyState = then === 'closed' ? 2 : 0;
    this.onerror?.(new Event('error'));
  }

  /** Like EventSource: an event of a type that nobody listens for is nobody's. */
  receives(lastEventId: string, type = 'message', data = lastEventId): void {
    if (this.readyState === 1) this.#listeners.get(type)?.({ lastEventId, type, data } as MessageEvent<string>);
  }
}

const logged = (id: string, type = 'message'): WireEvent => ({
  channel: 'demo',
  id,
  type,
  data: id,
  publishedAt: '2026-01-01T00:00:00.000Z',
});

let observer: RecordingObserver;
let lane: SseLane;
let streams: FakeStream[];
let polls: string[];
/** Whether the session's cookie can be had, and how often it was asked for. */
let cookie: { good: boolean; asked: number };
/** What the next polls answer. */
let log: PollAnswer | { readonly status: number };

function stream(): FakeStream {
  const newest = streams.at(-1);
  if (newest === undefined) throw new Error('the lane has opened no stream');
  return newest;
}

const settled = () => jest.advanceTimersByTimeAsync(0);

async function goLive(): Promise<void> {
  openLane();
  await settled();
  stream().opens();
}

beforeEach(() => {
  jest.useFakeTimers();
  observer = new RecordingObserver();
  streams = [];
  polls = [];
  cookie = { good: true, asked: 0 };
  log = { events: [], cursor: 'e1.4' };
});

function openLane(): void {
  lane = new SseLane({
    channel: 'demo',
    observer,
    types: ['note'],
    identity: {
      ready: async () => {
        cookie.asked++;
        if (!cookie.good) throw new Error('the issuer cannot be reached');
        return 'token';
      },
    },
    random: () => 0,
    createStream: (url) => {
      streams.push(new FakeStream(url));
      return stream();
    },
    fetch: async (url) => {
      polls.push(url);
      return 'status' in log ? new Response('', log) : Response.json(log);
    },
  });
}

afterEach(() => {
  lane.close();
  jest.useRealTimers();
});

test('it opens the stream at the baseline and shows events of the types it listens for', async () => {
  await goLive();
  stream().receives('e1.5');
  stream().receives('e1.6', 'note', 'text');
  expect(polls).toEqual(['/v1/events?channel=demo']);
  expect(stream().url).toBe('/v1/events?channel=demo&lastEventId=e1.4');
  expect(observer.states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
  expect(observer.events).toEqual([
    { id: 'e1.5', type: 'message', data: 'e1.5' },
    { id: 'e1.6', type: 'note', data: 'text' },
  ]);
  expect(observer.replayed).toEqual([]);
});

test('a cut closes the stream and comes back after the last event, with what was missed', async () => {
  await goLive();
  stream().receives('e1.5');
  const first = stream();
  lane.cut();
  expect(first.readyState).toBe(2);

  await jest.advanceTimersByTimeAsync(CUT_MS);
  expect(stream().url).toBe('/v1/events?channel=demo&lastEventId=e1.5');
  log = { events: [logged('e1.6'), logged('e1.7')], cursor: 'e1.7' };
  stream().opens();
  stream().receives('e1.6');
  await settled();
  stream().receives('e1.7');
  stream().receives('e1.8');
  expect(observer.ids).toEqual(['e1.5', 'e1.6', 'e1.7', 'e1.8']);
  expect(observer.replayed).toEqual(['e1.6', 'e1.7']);
  expect(observer.notices).toEqual([
    { kind: 'cut', after: 'e1.5' },
    { kind: 'resumed', after: 'e1.5', replayed: 2 },
  ]);
});

test('a cut before the first event resumes from the baseline', async () => {
  await goLive();
  lane.cut();
  lane.resume();
  await settled();
  expect(stream().url).toBe('/v1/events?channel=demo&lastEventId=e1.4');
});

test('a broken stream is left to the browser, and its replay is shown', async () => {
  await goLive();
  stream().receives('e1.5');
  stream().fails('connecting');
  expect(observer.states.at(-1)).toEqual({ kind: 'lost' });
  log = { events: [logged('e1.6')], cursor: 'e1.6' };
  stream().opens();
  stream().receives('e1.6');
  await jest.advanceTimersByTimeAsync(1000);
  expect(streams).toHaveLength(1);
  expect(observer.notices).toEqual([
    { kind: 'lost', after: 'e1.5' },
    { kind: 'resumed', after: 'e1.5', replayed: 1 },
  ]);
});

test('a resume that missed nothing is shown at once', async () => {
  await goLive();
  lane.cut();
  lane.resume();
  await settled();
  stream().opens();
  await settled();
  expect(observer.notices.at(-1)).toEqual({ kind: 'resumed', after: 'e1.4', replayed: 0 });
});

test('a replay that ends with an event of an unknown type is completed from the log', async () => {
  await goLive();
  lane.cut();
  lane.resume();
  await settled();
  log = { events: [logged('e1.5'), logged('e1.6', 'order')], cursor: 'e1.6' };
  stream().opens();
  stream().receives('e1.5');
  stream().receives('e1.6', 'order');
  await jest.advanceTimersByTimeAsync(2000);
  expect(observer.replayed).toEqual(['e1.5', 'e1.6']);
  expect(observer.notices).toContainEqual({ kind: 'resumed', after: 'e1.4', replayed: 2 });
});

test('a stream that the browser has given up is opened again', async () => {
  await goLive();
  stream().fails('closed');
  await jest.advanceTimersByTimeAsync(1000);
  expect(streams).toHaveLength(2);
  expect(stream().url).toContain('lastEventId=e1.4');
});

test('when the token has expired, it comes back after the last event with a new cookie, and not with the old one', async () => {
  await goLive();
  stream().receives('e1.5');
  const asked = cookie.asked;
  stream().receives('e1.5', 'expired', '{}');
  expect(stream().readyState).toBe(2);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(cookie.asked).toBeGreaterThan(asked);
  expect(streams).toHaveLength(2);
  expect(new URL(stream().url, 'http://page').searchParams.get('lastEventId')).toBe('e1.5');
});

test('while no token can be had it says why, and tries again', async () => {
  cookie.good = false;
  openLane();
  await settled();
  expect(observer.notices).toContainEqual({ kind: 'error', message: 'the issuer cannot be reached' });
  expect(streams).toHaveLength(0);
  cookie.good = true;
  await jest.advanceTimersByTimeAsync(2_000);
  expect(streams).toHaveLength(1);
});

test('a repeat is dropped and counted', async () => {
  await goLive();
  stream().receives('e1.5');
  stream().receives('e1.5');
  expect(observer.ids).toEqual(['e1.5']);
  expect(observer.repeats).toBe(1);
});

test('an event of an unknown type is asked for when the next one shows that it is missing', async () => {
  await goLive();
  stream().receives('e1.5', 'order');
  log = { events: [logged('e1.5', 'order'), logged('e1.6')], cursor: 'e1.6' };
  stream().receives('e1.6');
  await settled();
  expect(polls.at(-1)).toBe('/v1/events?channel=demo&after=e1.4');
  expect(observer.ids).toEqual(['e1.5', 'e1.6']);
  expect(observer.notices).toContainEqual({ kind: 'typeLearned', type: 'order' });
  expect(observer.notices).toContainEqual({ kind: 'mended', after: 'e1.4', found: 1 });

  stream().receives('e1.7', 'order');
  expect(observer.ids).toEqual(['e1.5', 'e1.6', 'e1.7']);
});

test('a tombstone is passed over', async () => {
  await goLive();
  log = { events: [logged('e1.6')], cursor: 'e1.6' };
  stream().receives('e1.6');
  await settled();
  expect(observer.ids).toEqual(['e1.6']);
  expect(observer.notices).toEqual([{ kind: 'mended', after: 'e1.4', found: 0 }]);
});

test('while the log does not know yet what is missing, the lane asks again', async () => {
  await goLive();
  log = { events: [], cursor: 'e1.4' };
  stream().receives('e1.6');
  await settled();
  expect(observer.ids).toEqual([]);
  log = { events: [logged('e1.6')], cursor: 'e1.6' };
  await jest.advanceTimersByTimeAsync(1000);
  expect(observer.ids).toEqual(['e1.6']);
});

test('an event that is known from elsewhere and does not come is asked for', async () => {
  await goLive();
  log = { events: [logged('e1.5', 'order')], cursor: 'e1.5' };
  lane.expect('e1.5');
  await jest.advanceTimersByTimeAsync(2000);
  expect(observer.ids).toEqual(['e1.5']);
});

test('an event that comes in time is not asked for', async () => {
  await goLive();
  lane.expect('e1.5');
  stream().receives('e1.5');
  await jest.advanceTimersByTimeAsync(2000);
  expect(polls).toHaveLength(1);
});

test('the regular check finds a last event of an unknown type', async () => {
  await goLive();
  log = { events: [logged('e1.5', 'order')], cursor: 'e1.5' };
  await jest.advanceTimersByTimeAsync(CHECK_INTERVAL_MS + 2000);
  expect(observer.ids).toEqual(['e1.5']);
});

test('the regular check does not take what is still on its way for lost', async () => {
  await goLive();
  log = { events: [logged('e1.5')], cursor: 'e1.5' };
  await jest.advanceTimersByTimeAsync(CHECK_INTERVAL_MS);
  stream().receives('e1.5');
  await jest.advanceTimersByTimeAsync(2000);
  expect(observer.ids).toEqual(['e1.5']);
  expect(observer.repeats).toBe(0);
  expect(observer.notices).toEqual([]);
});

test('a reset is reported, and the lane goes on behind its id', async () => {
  await goLive();
  stream().receives('e2.9', 'reset', '{"channel":"demo","reason":"epoch_changed"}');
  stream().receives('e2.10');
  expect(observer.notices).toEqual([{ kind: 'reset', reason: 'epoch_changed' }]);
  expect(observer.ids).toEqual(['e2.10']);
});

test('an event of another epoch is where the stream goes on', async () => {
  await goLive();
  stream().receives('e2.3');
  stream().receives('e2.4');
  expect(observer.ids).toEqual(['e2.3', 'e2.4']);
});

test('a server without the lane is not asked again', async () => {
  log = { status: 404 };
  openLane();
  await settled();
  expect(observer.states.at(-1)).toEqual({ kind: 'absent' });
  await jest.advanceTimersByTimeAsync(120_000);
  expect(polls).toHaveLength(1);
  expect(streams).toHaveLength(0);
});

test('a server that cannot answer yet is asked again, and its status is shown', async () => {
  log = { status: 503 };
  openLane();
  await settled();
  expect(observer.notices).toEqual([{ kind: 'error', message: 'The server answered 503' }]);
  log = { events: [], cursor: 'e1.4' };
  await jest.advanceTimersByTimeAsync(1000);
  expect(streams).toHaveLength(1);
});
