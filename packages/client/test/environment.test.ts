import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Connection, type ConnectOptions, connect } from '../src/index.ts';
import { record, until, untilSeen } from './support/checks.ts';
import { StubServer } from './support/stub-server.ts';

/** The parts of a browser's window and page that the client uses. Node has neither, so the test can define them. */
class FakeBrowser {
  readonly window = new EventTarget();
  readonly document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
  readonly navigator = { onLine: true };
  listeners = 0;

  constructor() {
    for (const target of [this.window, this.document]) {
      const add = target.addEventListener.bind(target);
      target.addEventListener = (type: string, listener: EventListener, options: AddEventListenerOptions) => {
        add(type, listener, options);
        this.listeners++;
        options.signal?.addEventListener('abort', () => this.listeners--);
      };
    }
    this.#define('addEventListener', this.window.addEventListener);
    this.#define('document', this.document);
    this.#define('navigator', this.navigator);
  }

  #define(name: string, value: unknown): void {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }

  remove(): void {
    for (const name of ['addEventListener', 'document', 'navigator']) Reflect.deleteProperty(globalThis, name);
  }

  setOnline(onLine: boolean): void {
    this.navigator.onLine = onLine;
    this.window.dispatchEvent(new Event(onLine ? 'online' : 'offline'));
  }

  setVisible(isVisible: boolean): void {
    this.document.visibilityState = isVisible ? 'visible' : 'hidden';
    this.document.dispatchEvent(new Event('visibilitychange'));
  }
}

let server: StubServer;
let around: FakeBrowser;
let connection: Connection;

/** With these, the client would reconnect by itself only long after the test. */
const PATIENT: Partial<ConnectOptions> = { reconnectMinMs: 1e9, reconnectMaxMs: 1e9 };

beforeEach(async () => {
  server = await StubServer.start();
  around = new FakeBrowser();
});

afterEach(async () => {
  connection.close();
  around.remove();
  await server.stop();
});

describe.each(['sse', 'poll', 'websocket'] as const)('over %s', (transport) => {
  const open = (options: Partial<ConnectOptions> = {}) => {
    const { url, websocketUrl } = server;
    connection = connect({ url, websocketUrl, transport, ...options });
    return connection.subscribe('orders');
  };

  /** The first poll only brings the baseline; the one that waits for events is the second. */
  const isFollowing = async () => {
    const { streams, polls, sockets, opened } = await server.stats();
    return streams + sockets > 0 || (polls > 0 && opened > 1);
  };

  test('tries nothing while the browser is offline, and at once when it is back', async () => {
    const subscription = open({ reconnectMinMs: 1, reconnectMaxMs: 1 });
    await subscription.ready;
    await until(isFollowing, 'a connection is open');
    around.setOnline(false);
    await server.cut();
    await until(() => subscription.status.status === 'waiting', 'waiting');
    const { opened } = await server.stats();
    // Many times the longest wait.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await server.stats()).opened).toBe(opened);
    around.setOnline(true);
    await until(() => subscription.status.status === 'live', 'live');
  });

  test('connects anew when the network is back, for what was open may hang', async () => {
    const subscription = open(PATIENT);
    const seen = record(subscription);
    await subscription.ready;
    const { opened } = await server.stats();
    around.setOnline(true);
    await until(async () => (await server.stats()).opened > opened, 'connected anew');
    await server.publish('orders', 'e 1');
    await untilSeen(seen, ['e 1'], 'events');
  });

  test('cuts a wait short when the page is looked at again', async () => {
    const subscription = open({ ...PATIENT, pollWaitSeconds: 0, pollIntervalMs: 1 });
    await subscription.ready;
    await server.set({ failures: { times: 1, status: 500 } });
    await server.cut();
    await until(() => subscription.status.status === 'waiting', 'waiting');
    await server.set({ failures: { times: 0, status: 500 } });
    around.setVisible(false);
    expect(subscription.status.status).toBe('waiting');
    around.setVisible(true);
    await until(() => subscription.status.status === 'live', 'live');
  });

  test('cuts a wait short when the application asks for it', async () => {
    const subscription = open({ ...PATIENT, pollWaitSeconds: 0, pollIntervalMs: 1 });
    await subscription.ready;
    await server.set({ failures: { times: 1, status: 500 } });
    await server.cut();
    await until(() => subscription.status.status === 'waiting', 'waiting');
    await server.set({ failures: { times: 0, status: 500 } });
    connection.retryNow();
    await until(() => subscription.status.status === 'live', 'live');
  });

  test('listens to the browser until it is closed', async () => {
    await open().ready;
    expect(around.listeners).toBe(2);
    connection.close();
    expect(around.listeners).toBe(0);
  });
});

test('options that are refused leave no listener behind', () => {
  connection = connect({ url: server.url });
  const before = around.listeners;
  expect(() => connect({ url: server.url, transport: 'websocket' })).toThrow('needs websocketUrl');
  expect(around.listeners).toBe(before);
});

test('a wait that the server asked for is not cut short by a look at the page', async () => {
  await server.set({ failures: { times: 1, status: 503, retryAfter: 60 } });
  connection = connect({ url: server.url });
  const subscription = connection.subscribe('orders');
  await until(() => subscription.status.status === 'waiting', 'waiting');
  around.setVisible(true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(subscription.status.status).toBe('waiting');
});

test('a socket is checked when the page is looked at again', async () => {
  connection = connect({ websocketUrl: server.websocketUrl });
  await connection.publish('orders', { data: 'e 1' });
  around.setVisible(true);
  await until(async () => (await server.stats()).pings === 1, 'a ping');
});

test('a check that fails is made again, long before the next one is due', async () => {
  connection = connect({ websocketUrl: server.websocketUrl });
  const subscription = connection.subscribe('orders');
  const seen = record(subscription);
  await subscription.ready;
  await server.set({ dropEvery: 1, brokenFrames: 1 });
  await server.publish('orders', 'lost');
  around.setVisible(true);
  await untilSeen(seen, ['lost'], 'events');
});

test('a socket that is being replaced cannot hide a reset', async () => {
  connection = connect({ websocketUrl: server.websocketUrl, pingIntervalMs: 100 });
  const subscription = connection.subscribe('orders');
  const seen = record(subscription);
  await subscription.ready;
  await server.publish('orders', 'before');
  await untilSeen(seen, ['before'], 'events');
  await server.set({ dropEvery: 1 });
  await server.publish('orders', 'missed');
  await server.expire('orders');
  await server.set({ dropEvery: 0, slowFrames: { subscribe: 300 } });
  const { subscribes } = await server.stats();
  await until(async () => (await server.stats()).subscribes === subscribes + 1, 'asked on the socket');
  // Waits for what was missed.
  await server.publish('orders', 'after it');
  around.setOnline(true);
  await until(async () => (await server.stats()).subscribes === subscribes + 2, 'asked on the next socket');
  await untilSeen(seen, ['before', 'reset: expired', 'after it'], 'the reset before anything else');
});
