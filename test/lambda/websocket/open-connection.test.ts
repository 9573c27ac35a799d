import { beforeEach, expect, test } from '@jest/globals';
import { AccessDeniedError, KeysUnavailableError, tokenExpired } from '../../../backbone/domain/access.ts';
import type { AccessPolicy } from '../../../backbone/domain/credentials.ts';
import type { TokenVerifier } from '../../../backbone/ports.ts';
import { type ConnectEvent, parseConnect, toConnectResponse } from '../../../lambda/websocket/connect-request.ts';
import { MemoryConnectionStore } from '../../../lambda/websocket/memory/memory-connection-store.ts';
import { MemoryPostQuota } from '../../../lambda/websocket/memory/memory-post-quota.ts';
import { openConnection } from '../../../lambda/websocket/open-connection.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { recordTelemetry } from '../support/recorded-telemetry.ts';

const RIGHTS = { subscribe: ['orders.*'], publish: [] };

let clock: ManualClock;
let store: MemoryConnectionStore;
let answers: MemoryPostQuota;
let recorded: ReturnType<typeof recordTelemetry>;

/** Takes a token for what it is called. */
const verifier: TokenVerifier = {
  verify(token) {
    if (token === 'good') return { principal: 'ann', rights: RIGHTS, expiresAtMs: clock.nowMs() + 60_000 };
    if (token === 'old') throw tokenExpired(clock.nowMs());
    if (token === 'unknown') throw new KeysUnavailableError('no keys');
    throw new AccessDeniedError('unauthorized', 'the token is not valid');
  },
};

beforeEach(() => {
  clock = new ManualClock();
  store = new MemoryConnectionStore({ clock, connectionTtlMs: 7_800_000 });
  answers = new MemoryPostQuota(10, clock);
  recorded = recordTelemetry('websocket');
});

interface Request {
  readonly headers?: Record<string, string>;
  readonly tokens?: string[];
}

function connectEvent({ headers, tokens }: Request): ConnectEvent {
  const event: unknown = {
    requestContext: { connectionId: 'c1', routeKey: '$connect' },
    isBase64Encoded: false,
    ...(headers !== undefined && { headers }),
    ...(tokens !== undefined && { multiValueQueryStringParameters: { token: tokens } }),
  };
  return event as ConnectEvent;
}

const POLICY: AccessPolicy = { queryToken: true, origins: ['https://app.example.com'] };

const connect = async (request: Request, policy: Partial<AccessPolicy> = {}) =>
  toConnectResponse(
    await openConnection(
      parseConnect(connectEvent(request)),
      { store, clock, verifier, policy: { ...POLICY, ...policy }, answers, maxPerPrincipal: 2 },
      recorded.telemetry,
    ),
  );

const authorization = 'Bearer good';

test.each([
  ['alone', { 'Sec-WebSocket-Protocol': 'lanes.v1.json', authorization }],
  ['among others, with spaces', { 'Sec-WebSocket-Protocol': 'mqtt, lanes.v1.json', authorization }],
  ['among others, without spaces', { 'Sec-WebSocket-Protocol': 'lanes.v1.json,bearer.good' }],
  ['under a header name in lower case', { 'sec-websocket-protocol': 'lanes.v1.json', authorization }],
])('the offered sub-protocol %s is selected, and never the token', async (_, headers) => {
  expect(await connect({ headers })).toEqual({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'lanes.v1.json' } });
});

test.each([
  ['no offer', { authorization }],
  ['an empty offer', { 'Sec-WebSocket-Protocol': '', authorization }],
])('a client with %s is accepted without a sub-protocol', async (_, headers) => {
  expect(await connect({ headers })).toEqual({ statusCode: 200 });
});

test('an offer of only unknown sub-protocols is refused without repeating it: it may contain a token', async () => {
  const { statusCode, body } = await connect({ headers: { 'Sec-WebSocket-Protocol': 'mqtt, bearer.good' } });
  expect(statusCode).toBe(400);
  expect(body).toContain('lanes.v1.json');
  expect(body).not.toContain('good');
});

test.each<[string, Request]>([
  ['the list of sub-protocols', { headers: { 'Sec-WebSocket-Protocol': 'lanes.v1.json, bearer.good' } }],
  ['Authorization', { headers: { Authorization: 'bearer good' } }],
  ['the cookie, from an allowed page', { headers: { Cookie: 'a=b; __Host-lanes=good', Origin: 'https://app.example.com' } }],
  [
    'the cookie, from a page of the distribution by which it came',
    { headers: { Cookie: '__Host-lanes=good', Origin: 'https://d1.cloudfront.net', 'X-Lanes-Viewer-Host': 'd1.cloudfront.net' } },
  ],
  ['the query', { tokens: ['good'] }],
])('a token in %s opens the connection, which may do what it allows until it expires', async (_, request) => {
  expect((await connect(request)).statusCode).toBe(200);
  expect(await store.find('c1')).toMatchObject({
    connectionId: 'c1',
    principal: 'ann',
    rights: RIGHTS,
    connectedAtMs: clock.nowMs(),
    expiresAtMs: clock.nowMs() + 60_000,
    channels: [],
  });
});

test.each<[string, number, Request]>([
  ['no token', 401, {}],
  ['a token that is not valid', 401, { headers: { authorization: 'Bearer bad' } }],
  ['an expired token', 401, { headers: { authorization: 'Bearer old' } }],
  ['Authorization of another kind', 401, { headers: { authorization: 'Basic good' } }],
  ['two tokens in the query', 401, { tokens: ['good', 'good'] }],
  [
    'the cookie, from a page of another host than that of the distribution by which it came',
    403,
    { headers: { cookie: '__Host-lanes=good', origin: 'https://evil.example', 'X-Lanes-Viewer-Host': 'd1.cloudfront.net' } },
  ],
  ['the cookie, from another page', 403, { headers: { cookie: '__Host-lanes=good', origin: 'https://evil.example' } }],
  ['the cookie, from nowhere', 403, { headers: { cookie: '__Host-lanes=good' } }],
  ['a token that nobody can check now', 503, { headers: { authorization: 'Bearer unknown' } }],
])('%s is refused with %i, and leaves no row', async (_, status, request) => {
  expect((await connect(request)).statusCode).toBe(status);
  expect(await store.find('c1')).toBeUndefined();
});

test('a stage can refuse tokens in the query', async () => {
  expect((await connect({ tokens: ['good'] }, { queryToken: false })).statusCode).toBe(401);
});

test('a principal at its connection limit is refused with 429, and counted', async () => {
  for (const connectionId of ['a', 'b']) {
    await store.open({ connectionId, principal: 'ann', rights: RIGHTS, connectedAtMs: clock.nowMs(), expiresAtMs: clock.nowMs() + 60_000 });
  }

  expect(await connect({ headers: { authorization } })).toEqual({ statusCode: 429, body: expect.stringContaining('2 connections') });
  expect(await store.find('c1')).toBeUndefined();
  expect(recorded.lines).toEqual([expect.objectContaining({ LimitedConnections: 1 })]);
});

test('a principal that reconnects too often is refused for a while, and counted', async () => {
  await answers.take('ann', 100);
  expect(await connect({ headers: { authorization } })).toEqual({ statusCode: 429, body: expect.stringMatching(/Connect limit reached/) });
  expect(recorded.lines).toEqual([expect.objectContaining({ LimitedFrames: 1 })]);
  expect(await store.find('c1')).toBeUndefined();
  await clock.advance(10_000);
  expect(await connect({ headers: { authorization } })).toMatchObject({ statusCode: 200 });
});
