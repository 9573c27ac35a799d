import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { WireEvent } from '../../protocol/index.ts';
import { LanesError } from '../src/index.ts';
import { createTestLanes, type TestLanes } from '../src/testing.ts';
import { CASES, SHORT_TIMES } from './support/cases.ts';
import { numbered, record, thrownBy, until, untilSeen } from './support/checks.ts';
import type { CaseContext, ServerControl, Stats } from './support/control.ts';

let lanes: TestLanes;

beforeEach(() => {
  lanes = createTestLanes({
    channels: [
      { match: 'typing.*', kind: 'ephemeral' },
      { match: 'latest.*', kind: 'latest' },
    ],
  });
});

afterEach(() => lanes.close());

/** What test lanes can do of what the stub server can. Anything else is no function, so that a case that needs it fails. */
function control(): ServerControl {
  const can = {
    publish: async (channel: string, data: string, type?: string) => {
      const { id, publishedAt = '' } = await lanes.publish(channel, { data, type });
      return { channel, id, type: type ?? 'message', data, publishedAt } satisfies WireEvent;
    },
    events: async (channel: string) => lanes.events(channel),
    cut: async () => {
      lanes.disconnect();
      lanes.reconnect();
    },
    put: async (channel: string, conflationKey: string, data?: string) => {
      await lanes.publish(channel, data === undefined ? { conflationKey, removed: true } : { conflationKey, data });
    },
    wipe: (channel: string) => lanes.reset(channel),
    stats: async () => ({ streams: lanes.readers(), polls: 0, sockets: 0, subscriptions: 0 }) as Stats,
  };
  return can as Partial<ServerControl> as ServerControl;
}

/** The cases of the client's own suite that need no more of a server. */
const FITTING = [
  'delivers id, type, text and time',
  'delivers what is published from the moment it is ready, in order, each once',
  'resumes after a cursor',
  'the cursor of one connection resumes on the next, also on a channel that was quiet',
  'is live at once on a quiet channel that it resumes, whose stream brings no event',
  'loses and repeats nothing when connections are cut while events are published',
  'announces that another epoch has begun, and continues live',
  'announces it too when the log is lost under a live subscription',
  'serves several channels, and twice the same one from two positions',
  'pauses for a slow reader, and loses nothing',
  'a listener may close the subscription, and hears nothing after that',
  'an iterator that waits can be closed',
  'an iterator can be closed before it is read',
  'a web stream of a subscription can be cancelled while it waits',
  'a signal ends the subscription, and the loop with it',
  'reports nothing while nothing goes wrong',
  'reports from where a connection resumes, before what it replays',
  'says why the token function failed, and asks it again',
  'publishes with every character that a key may have',
  'publishes bytes, and hands them out as bytes',
  'hands out the bytes of the history',
  'begins with all events if there are fewer than the last that are wanted, and with none if there are none',
  'resumes after a cursor, whatever is wanted of the last events',
  'brings what a latest channel holds, and then what changes',
  'publishes on a latest channel, and removes keys',
  'gives a slow reader the newest event of each key, and does not pause',
];

test.each(FITTING)('the suite has the case "%s"', (name) => {
  expect(CASES.map((it) => it.name)).toContain(name);
});

describe.each(['sse', 'poll', 'auto'] as const)('the client in memory, over %s', (transport) => {
  const cases = CASES.filter(({ name, transports }) => FITTING.includes(name) && transports.includes(transport));
  test.each(cases.map((it) => [it.name, it] as const))('%s', async (_, it) => {
    const connect: CaseContext['connect'] = (options) => lanes.connect({ ...SHORT_TIMES, ...options, transport });
    await it.run({ transport, channel: 'case', server: control(), connect });
  });
});

test('a publication resolves when listeners have been called', async () => {
  const readers = [lanes.connect(), lanes.connect()].map((connection) => connection.subscribe('orders'));
  const seen = readers.map(record);
  await Promise.all(readers.map(({ ready }) => ready));
  await lanes.publish('orders', { data: 'one' });
  expect(seen).toEqual([['one'], ['one']]);
});

test('a connection that was cut comes back when the lanes do, and has what it missed', async () => {
  const orders = lanes.connect({ reconnectMinMs: 1e9, reconnectMaxMs: 1e9 }).subscribe('orders');
  const seen = record(orders);
  await orders.ready;
  lanes.disconnect();
  await until(() => orders.status.status === 'waiting', 'waiting');
  expect({ readers: lanes.readers(), code: orders.status.error?.code }).toEqual({ readers: 0, code: 'network' });
  await lanes.publish('orders', { data: 'missed' });
  lanes.reconnect();
  await untilSeen(seen, ['missed'], 'what it missed');
});

test('a refused publication fails with the code, and the test itself still publishes', async () => {
  const connection = lanes.connect();
  lanes.failPublishes('too_many_publications');
  const error = await thrownBy(() => connection.publish('orders', { data: 'one' }));
  expect([error instanceof LanesError, error]).toEqual([true, expect.objectContaining({ code: 'too_many_publications', status: 403 })]);
  await lanes.publish('orders', { data: 'by the test' });
  lanes.failPublishes(undefined);
  await connection.publish('orders', { data: 'two' });
  expect(lanes.events('orders').map(({ data }) => data)).toEqual(['by the test', 'two']);
});

test('a refusal that may pass is tried again', async () => {
  const connection = lanes.connect({ reconnectMinMs: 1, reconnectMaxMs: 1 });
  lanes.failPublishes('unavailable', 503);
  const published = connection.publish('orders', { data: 'one' });
  await aTurn();
  lanes.failPublishes(undefined);
  expect((await published).id).toBe(lanes.events('orders')[0]?.id);
});

test.each([0, 200, 399.5, 600])('status %d is no refusal', (status) => {
  expect(() => lanes.failPublishes('never', status)).toThrow(`status ${status} is not valid: use 400 to 599`);
});

test.each(['sse', 'poll'] as const)('over %s, a reset reaches a channel that nobody has used', async (transport) => {
  const orders = lanes.connect({ transport }).subscribe('orders');
  const seen = record(orders);
  await orders.ready;
  if (transport === 'poll') await until(() => lanes.readers('orders') === 1, 'the poll');
  await lanes.reset('orders');
  await untilSeen(seen, ['reset: epoch_changed'], 'the reset');
  await lanes.publish('orders', { data: 'anew' });
  await untilSeen(seen, ['reset: epoch_changed', 'anew'], 'live again');
});

test('a key publishes once, and is refused for other content', async () => {
  const connection = lanes.connect();
  const first = await connection.publish('orders', { data: 'one', key: 'k' });
  expect(await lanes.publish('orders', { data: 'one', key: 'k' })).toEqual(first);
  await expect(connection.publish('orders', { data: 'two', key: 'k' })).rejects.toMatchObject({ code: 'idempotency_conflict' });
  expect(lanes.events('orders')).toHaveLength(1);
});

describe.each(['sse', 'poll'] as const)('over %s', (transport) => {
  beforeEach(async () => {
    for (const data of numbered('e', 1, 9)) await lanes.publish('orders', { data });
  });

  test('a subscription begins with the last events', async () => {
    const orders = lanes.connect({ transport }).subscribe('orders', { last: 2 });
    const seen = record(orders);
    await orders.ready;
    await until(() => lanes.readers('orders') === 1, 'the reader');
    await lanes.publish('orders', { data: 'e 10' });
    await untilSeen(seen, numbered('e', 8, 10), 'the last two, and what follows');
  });

  test('the history is read backwards, and has nothing before another epoch', async () => {
    const connection = lanes.connect({ transport });
    const pages: string[][] = [];
    for await (const page of connection.history('orders', { limit: 4 })) pages.push(page.map(({ data }) => data));
    expect(pages).toEqual([numbered('e', 6, 9), numbered('e', 2, 5), ['e 1']]);

    const before = lanes.events('orders')[2]?.id;
    expect(await connection.history('orders', { before }).next()).toMatchObject({ value: [{ data: 'e 1' }, { data: 'e 2' }] });
    await lanes.reset('orders');
    expect((await connection.history('orders', { before }).next()).done).toBe(true);
  });

  test.each([0, 501, 1.5, '3'])('%p last events, or as many on a page, are refused at once', async (count) => {
    const connection = lanes.connect({ transport });
    expect(() => connection.subscribe('orders', { last: count as number })).toThrow('use 1 to 500');
    await expect(connection.history('orders', { limit: count as number }).next()).rejects.toMatchObject({ code: 'invalid_parameter' });
  });

  test('a latest channel goes on after a cut, without what was removed meanwhile', async () => {
    const connection = lanes.connect({ transport, reconnectMinMs: 1, reconnectMaxMs: 1 });
    await lanes.publish('latest.prices', { conflationKey: 'a', data: '1' });
    await lanes.publish('latest.prices', { conflationKey: 'b', data: '1' });
    const prices = connection.subscribe('latest.prices');
    const seen = record(prices);
    await prices.ready;
    await until(() => lanes.readers() === 1, 'the reader');
    lanes.disconnect();
    await until(() => prices.status.status === 'waiting', 'waiting');
    await lanes.publish('latest.prices', { conflationKey: 'a', removed: true });
    await lanes.publish('latest.prices', { conflationKey: 'b', data: '2' });
    lanes.reconnect();
    await untilSeen(seen, ['a=1', 'b=1', 'b=2', 'a removed'], 'what has changed');
  });
});

test('a key is refused for the text of the bytes that it was used for', async () => {
  await lanes.publish('orders', { data: Uint8Array.of(0), key: 'k' });
  await expect(lanes.publish('orders', { data: 'AA==', key: 'k' })).rejects.toMatchObject({ code: 'idempotency_conflict' });
});

test('a batch is published in its order', async () => {
  const published = await lanes.connect().publishAll('orders', [{ data: 'one' }, { type: 'note', data: 'two' }]);
  expect(lanes.events('orders').map(({ id, type, data }) => [id, type, data])).toEqual([
    [published[0]?.id, 'message', 'one'],
    [published[1]?.id, 'note', 'two'],
  ]);
});

test.each([
  ['orders', { data: 'x'.repeat(96 * 1024 + 1) }, 'data_too_large'],
  ['orders', { type: 'reset', data: '' }, 'invalid_type'],
  ['a b', { data: '' }, 'invalid_channel'],
  ['orders', { data: '', conflationKey: 'a' }, 'invalid_body'],
  ['latest.prices', { data: '' }, 'invalid_body'],
  ['latest.prices', { data: Uint8Array.of(1), conflationKey: 'a' }, 'invalid_body'],
  ['latest.prices', { data: 'x'.repeat(4 * 1024 + 1), conflationKey: 'a' }, 'data_too_large'],
])('what the lanes refuse is refused: %#', async (channel, event, code) => {
  await expect(lanes.publish(channel, event)).rejects.toMatchObject({ code });
});

describe.each(['sse', 'poll'] as const)('an ephemeral channel, over %s', (transport) => {
  test('reaches who is there, without a position', async () => {
    const connection = lanes.connect({ transport });
    expect(await connection.publish('typing.ann', { data: 'nobody hears it' })).toMatchObject({ id: '' });
    const typing = connection.subscribe('typing.ann');
    const seen = record(typing);
    await typing.ready;
    await until(() => lanes.readers('typing.ann') === 1, 'a reader');
    await lanes.publish('typing.ann', { data: 'heard' });
    await untilSeen(seen, ['heard'], 'what came while it was there');
    expect({ cursor: typing.cursor, log: lanes.events('typing.ann') }).toEqual({ cursor: undefined, log: [] });
  });

  test('takes no batch', async () => {
    const batch = lanes.connect({ transport }).publishAll('typing.ann', [{ data: 'one' }]);
    await expect(batch).rejects.toMatchObject({ code: 'invalid_body' });
  });
});

test('the first rule that matches decides', async () => {
  lanes = createTestLanes({
    channels: [
      { match: 'typing.kept', kind: 'durable' },
      { match: 'typing.*', kind: 'ephemeral' },
    ],
  });
  expect((await lanes.publish('typing.kept', { data: '' })).id).toMatch(/\.1$/);
});

test.each([
  [{ match: 'a b', kind: 'ephemeral' }, 'match "a b" is not a channel'],
  [{ match: 'a', kind: 'pigeon' }, 'kind "pigeon" is not valid: use durable, latest, ephemeral'],
])('a rule that is not valid is refused: %#', (rule, message) => {
  expect(() => createTestLanes({ channels: [rule as { match: string; kind: 'durable' }] })).toThrow(message);
});

test('the lanes are closed with every connection', async () => {
  const orders = lanes.connect().subscribe('orders');
  await orders.ready;
  expect(lanes.readers('orders')).toBe(1);
  lanes.close();
  expect({ status: orders.status.status, readers: lanes.readers() }).toEqual({ status: 'closed', readers: 0 });
});

describe('with fake timers', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test('everything goes without time, and a live stream has no timer', async () => {
    const connection = lanes.connect();
    const orders = connection.subscribe('orders');
    const seen = record(orders);
    await orders.ready;
    await connection.publish('orders', { data: 'one' });
    await lanes.publish('orders', { data: 'two' });
    expect(seen).toEqual(['one', 'two']);
    // Jest counts the microtask of the first listener.
    await jest.advanceTimersByTimeAsync(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('a connection comes back when the test lets the time pass', async () => {
    const orders = lanes.connect({ reconnectMinMs: 1_000 }).subscribe('orders');
    const seen = record(orders);
    await orders.ready;
    lanes.disconnect();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(orders.status.status).toBe('waiting');
    await lanes.publish('orders', { data: 'missed' });
    lanes.reconnect();
    await jest.advanceTimersByTimeAsync(0);
    expect({ seen, status: orders.status.status }).toEqual({ seen: ['missed'], status: 'live' });
  });

  test('a poll is answered when its wait is over', async () => {
    const orders = lanes.connect({ transport: 'poll' }).subscribe('orders');
    await orders.ready;
    await jest.advanceTimersByTimeAsync(0);
    const [before] = [jest.getTimerCount(), lanes.readers()];
    await jest.advanceTimersByTimeAsync(60_000);
    expect([before, jest.getTimerCount(), lanes.readers(), orders.status.status]).toEqual([before, before, 1, 'live']);
  });
});

/** Everything that needs no time has happened. */
function aTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
