import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AccessDeniedError, KeysUnavailableError, tokenExpired } from '../../../../backbone/domain/access.ts';
import type { TokenVerifier } from '../../../../backbone/ports.ts';
import { createAuthenticate } from '../../../../fargate/sse/http/authenticate.ts';
import { PublishRate } from '../../../../fargate/sse/http/publish-rate.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { HttpWorld } from '../support/http-world.ts';
import { silentLogger } from '../support/hub-world.ts';
import { SseClient } from '../support/sse-client.ts';
import { until } from '../support/until.ts';

const PAGE = 'https://app.example.com';
const LIFETIME_MS = 60_000;

let world: HttpWorld;

/** Takes a token for what it is called, and its bearer for a reader and writer of `orders.`. */
const verifier: TokenVerifier = {
  verify(token) {
    const expiresAtMs = world.clock.nowMs() + LIFETIME_MS;
    const access = { principal: 'ann', rights: { subscribe: ['orders.*'], publish: ['orders.*'] }, expiresAtMs };
    if (token === 'good') return access;
    if (token === 'slow') return Promise.resolve(access);
    if (token === 'old') throw tokenExpired(world.clock.nowMs());
    if (token === 'unknown') return Promise.reject(new KeysUnavailableError('nobody can say'));
    if (token === 'too soon') return Promise.reject(new KeysUnavailableError('ask again', { isExpected: true }));
    throw new AccessDeniedError('unauthorized', 'the token is not valid');
  },
};

const logged = jest.fn();

async function listen({ queryToken = true, perSecond = 100 } = {}): Promise<void> {
  const origins = [PAGE];
  world = new HttpWorld({
    http: {
      logger: { ...silentLogger, error: logged },
      verifier,
      origins,
      authenticate: createAuthenticate(verifier, { queryToken, origins }),
      publishRate: new PublishRate(perSecond, new ManualClock()),
    },
  });
  await world.listen();
}

beforeEach(() => {
  logged.mockClear();
  return listen();
});

afterEach(() => world.close());

test.each([
  ['unknown', 1],
  ['too%20soon', 0],
])('a token that cannot be checked (%s) is answered with Retry-After, and logged if something is wrong', async (token, lines) => {
  const response = await world.fetch(`/v1/events?channel=orders.1&token=${token}`);
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(logged).toHaveBeenCalledTimes(lines);
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const session = (token: string) => ({ cookie: `__Host-lanes=${token}` });

describe.each(['text/event-stream', 'application/json'])('reading (%s)', (accept) => {
  const read = (headers: Record<string, string>, query = 'channel=orders.1') =>
    world.fetch(`/v1/events?${query}`, { headers: { accept, ...headers } });

  test.each<[string, number, string, Record<string, string>, string | undefined]>([
    ['no token', 401, 'unauthorized', {}, undefined],
    ['a bad token', 401, 'unauthorized', bearer('bad'), undefined],
    ['an expired token', 401, 'token_expired', bearer('old'), undefined],
    ['Authorization of another kind', 401, 'unauthorized', { authorization: 'Basic good' }, undefined],
    ['a good token in the cookie, but a bad one that was meant', 401, 'unauthorized', { ...session('good'), ...bearer('bad') }, undefined],
    ['a channel that is not allowed', 403, 'forbidden', bearer('good'), 'channel=orders.1&channel=chat'],
    ['a token that nobody can check', 503, 'unavailable', bearer('unknown'), undefined],
  ])('%s is answered %i %s', async (_, status, code, headers, query) => {
    const response = await read(headers, query);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('www-authenticate') === null).toBe(status !== 401);
    expect(await response.json()).toMatchObject({ status, code });
  });

  test.each<[string, Record<string, string>, string | undefined]>([
    ['Authorization', bearer('good'), undefined],
    ['Authorization, whose check takes time', bearer('slow'), undefined],
    ['the cookie, from any page', { ...session('good'), origin: 'https://evil.example' }, undefined],
    ['the query', {}, 'channel=orders.1&token=good'],
  ])('a token in %s is accepted', async (_, headers, query) => {
    const response = await read(headers, query);
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  test('a stage can refuse tokens in the query', async () => {
    await world.close();
    await listen({ queryToken: false });
    expect((await read({}, 'channel=orders.1&token=good')).status).toBe(401);
  });

  test('only pages of allowed origins may read the response, with cookies', async () => {
    const allowed = await read({ ...bearer('good'), origin: PAGE });
    expect(allowed.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true');
    const other = await read({ ...bearer('good'), origin: 'https://evil.example' });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    for (const response of [allowed, other]) {
      expect(response.headers.get('vary')).toContain('Origin');
      await response.body?.cancel();
    }
  });
});

describe('the expiry of the token', () => {
  test('ends the stream, with a frame without an id', async () => {
    const client = await SseClient.open(world.url('/v1/events?channel=orders.1'), bearer('good'));
    await until(() => client.lastEventId !== undefined);
    const before = client.lastEventId;
    await world.clock.advance(LIFETIME_MS + 1_000);
    await until(() => client.events.some(({ event }) => event === 'expired'));
    expect(client.lastEventId).toBe(before);
    await until(() => world.hub.openStreams === 0);
  });

  test('does not happen early', async () => {
    const client = await SseClient.open(world.url('/v1/events?channel=orders.1'), bearer('good'));
    await until(() => client.lastEventId !== undefined);
    await world.clock.advance(LIFETIME_MS - 1_000);
    expect(world.hub.openStreams).toBe(1);
    client.close();
  });

  test('ends the waiting of a poll', async () => {
    const answer = world.fetch('/v1/events?channel=orders.1&waitSeconds=25', {
      headers: { accept: 'application/json', ...bearer('good') },
    });
    await until(() => world.hub.openStreams === 1);
    await world.clock.advance(25_000);
    expect((await answer).status).toBe(200);
  });
});

describe('publishing', () => {
  test.each<[string, number, Record<string, string>]>([
    ['a token that was meant', 201, bearer('good')],
    ['no token', 401, {}],
    ['the cookie from an allowed page', 201, { ...session('good'), origin: PAGE }],
    ['the cookie from a page of the lane, as browsers say', 201, { ...session('good'), 'sec-fetch-site': 'same-origin' }],
    ['the cookie from another page', 403, { ...session('good'), origin: 'https://evil.example' }],
    ['the cookie from another page that lies about the site', 403, { ...session('good'), origin: 'null', 'sec-fetch-site': 'same-origin' }],
    ['the cookie from a sibling', 403, { ...session('good'), 'sec-fetch-site': 'same-site' }],
    ['the cookie from nowhere', 403, session('good')],
  ])('with %s is answered %i', async (_, status, headers) => {
    const { status: answered } = await world.raw('POST', '/v1/channels/orders.1/events', { 'content-type': 'text/plain', ...headers });
    // The type comes after the token: 415 stands for what would have been published.
    expect(answered === 415 ? 201 : answered).toBe(status);
  });

  test('with the cookie from a page of the lane itself works, over TLS behind the balancer and behind CloudFront too', async () => {
    const { host } = new URL(world.url('/'));
    const own = await world.raw('POST', '/v1/channels/orders.1/events', { ...session('good'), origin: `http://${host}` });
    expect(own.status).toBe(415);
    const headers = { ...session('good'), 'x-forwarded-proto': 'https', origin: `https://${host}` };
    expect((await world.raw('POST', '/v1/channels/orders.1/events', headers)).status).toBe(415);
    const behindCloudFront = { ...headers, 'x-forwarded-proto': 'http', 'cloudfront-forwarded-proto': 'https' };
    expect((await world.raw('POST', '/v1/channels/orders.1/events', behindCloudFront)).status).toBe(415);
    const downgraded = { ...headers, origin: `http://${host}` };
    expect((await world.raw('POST', '/v1/channels/orders.1/events', downgraded)).status).toBe(403);
  });

  test('accepts only JSON, which a page of another origin cannot send without a preflight request', async () => {
    const response = await world.fetch('/v1/channels/orders.1/events', { method: 'POST', headers: bearer('good'), body: '{"data":"x"}' });
    expect(response.status).toBe(415);
  });

  test('to a channel that is not allowed is answered with 403, and names it', async () => {
    const response = await world.post('chat', { data: 'x' }, bearer('good'));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'forbidden', detail: expect.stringContaining('"chat"') });
  });

  test('too often is answered with 429 and Retry-After, until time has passed', async () => {
    await world.close();
    await listen({ perSecond: 2 });
    const publish = () => world.post('orders.1', { data: 'x' }, bearer('good'));
    expect([(await publish()).status, (await publish()).status]).toEqual([201, 201]);
    const refused = await publish();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'too_many_publications' });
  });

  describe('of several events', () => {
    const publish = (count: number) =>
      world.post('orders.1', { events: Array.from({ length: count }, () => ({ data: 'x' })) }, bearer('good'));

    test('counts each of them', async () => {
      await world.close();
      await listen({ perSecond: 4 });
      expect((await publish(3)).status).toBe(201);
      expect((await publish(2)).status).toBe(429);
    });

    test('is refused if no second has room for it', async () => {
      await world.close();
      await listen({ perSecond: 4 });
      const refused = await publish(5);
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ code: 'too_many_events', detail: expect.stringContaining('at most 4') });
      expect(world.bus.notifications).toEqual([]);
    });
  });
});

describe('a preflight request', () => {
  const ask = (path: string, origin: string) => world.fetch(path, { method: 'OPTIONS', headers: { origin } });

  test.each([
    ['/v1/events', 'GET'],
    ['/v1/channels/orders.1/events', 'POST'],
    ['/v1/session', 'POST, DELETE'],
  ])('to %s allows pages to send %s, with the headers that they need', async (path, methods) => {
    const response = await ask(path, PAGE);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(response.headers.get('access-control-allow-methods')).toBe(methods);
    for (const name of ['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID']) {
      expect(response.headers.get('access-control-allow-headers')).toContain(name);
    }
  });

  test('of another page is not allowed', async () => {
    expect((await ask('/v1/events', 'https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('is answered for the API only', async () => {
    expect((await ask('/healthz', PAGE)).status).toBe(405);
  });
});
