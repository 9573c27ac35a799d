import { beforeEach, expect, test } from '@jest/globals';
import { type ConnectEvent, parseConnect, toConnectResponse } from '../../../lambda/websocket/connect-request.ts';
import { openConnection } from '../../../lambda/websocket/open-connection.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryConnectionStore } from '../../support/memory-connection-store.ts';

let clock: ManualClock;
let store: MemoryConnectionStore;

beforeEach(() => {
  clock = new ManualClock();
  store = new MemoryConnectionStore({ clock, connectionTtlMs: 7_800_000 });
});

function connectEvent(headers?: Record<string, string>, authorizer?: { principalId: string }): ConnectEvent {
  const requestContext = { connectionId: 'c1', routeKey: '$connect', ...(authorizer === undefined ? {} : { authorizer }) };
  return { requestContext, isBase64Encoded: false, ...(headers === undefined ? {} : { headers }) } as ConnectEvent;
}

const connect = async (event: ConnectEvent) => toConnectResponse(await openConnection(parseConnect(event), { store, clock }));

test.each([
  ['alone', { 'Sec-WebSocket-Protocol': 'lanes.v1.json' }],
  ['among others, with spaces', { 'Sec-WebSocket-Protocol': 'mqtt, lanes.v1.json' }],
  ['among others, without spaces', { 'Sec-WebSocket-Protocol': 'lanes.v1.json,bearer.abc' }],
  ['under a header name in lower case', { 'sec-websocket-protocol': 'lanes.v1.json' }],
])('the sub-protocol offered %s is answered', async (_, headers) => {
  expect(await connect(connectEvent(headers))).toEqual({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'lanes.v1.json' } });
});

test.each([
  ['no headers', undefined],
  ['an empty offer', { 'Sec-WebSocket-Protocol': '' }],
])('a client with %s is accepted without a sub-protocol', async (_, headers) => {
  expect(await connect(connectEvent(headers))).toEqual({ statusCode: 200 });
});

test('an offer of unknown sub-protocols only is refused, and names them', async () => {
  const response = await connect(connectEvent({ 'Sec-WebSocket-Protocol': 'mqtt, stomp' }));
  expect(response).toEqual({ statusCode: 400, body: expect.stringContaining('mqtt, stomp') });
});

test('an accepted connection can subscribe', async () => {
  await connect(connectEvent());
  expect(await store.subscribe('c1', 'demo')).toBe('subscribed');
});

test('a refused connection leaves no row', async () => {
  await connect(connectEvent({ 'Sec-WebSocket-Protocol': 'mqtt' }));
  expect(await store.subscribe('c1', 'demo')).toBe('gone');
});

test('the principal is the one that the authorizer found', () => {
  expect(parseConnect(connectEvent(undefined, { principalId: 'u1' })).principal).toBe('u1');
});

test('without an authorizer the principal is anonymous', () => {
  expect(parseConnect(connectEvent()).principal).toBe('anonymous');
});
