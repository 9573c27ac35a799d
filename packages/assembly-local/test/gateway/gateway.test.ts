import { once } from 'node:events';
import { get } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { until } from '../../../../test/support/until.ts';
import { closeOf, nextMessage, opened, refusal, startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;

afterEach(() => gateway.close());

const accept = () => ({ statusCode: 200 });

describe('handshake', () => {
  test('the $connect integration sees headers, query and connection', async () => {
    gateway = await startGateway({ $connect: accept });
    const socket = await opened(gateway.connect({ path: '?a=1&a=2&b=3', headers: { 'X-Custom': 'yes', 'User-Agent': 'tester' } }));
    const [event] = gateway.events;
    expect(event?.headers).toMatchObject({ 'X-Custom': 'yes', Upgrade: 'websocket' });
    expect(event?.multiValueHeaders?.['X-Custom']).toEqual(['yes']);
    expect(event?.queryStringParameters).toEqual({ a: '2', b: '3' });
    expect(event?.multiValueQueryStringParameters).toEqual({ a: ['1', '2'], b: ['3'] });
    expect(event?.requestContext).toMatchObject({
      routeKey: '$connect',
      eventType: 'CONNECT',
      connectionId: expect.stringMatching(/^[A-Za-z0-9_-]{15}=$/),
      apiId: 'abc123',
      stage: 'dev',
      domainName: 'abc123.execute-api.us-east-1.amazonaws.com',
      identity: { sourceIp: '127.0.0.1', userAgent: 'tester' },
      requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      connectedAt: expect.any(Number),
      requestId: expect.any(String),
    });
    socket.terminate();
  });

  test('the sub-protocol is the one that the integration answers, spaces trimmed', async () => {
    gateway = await startGateway({ $connect: () => ({ statusCode: 200, headers: { 'sec-websocket-protocol': ' two ' } }) });
    const socket = await opened(gateway.connect({ protocols: ['one', 'two'] }));
    expect(gateway.events[0]?.headers?.['Sec-WebSocket-Protocol']).toBe('one,two');
    expect(socket.protocol).toBe('two');
    socket.terminate();
  });

  test('without an answer of the integration there is no sub-protocol, and the client fails', async () => {
    gateway = await startGateway({ $connect: accept });
    const [error] = await once(gateway.connect({ protocols: ['one'] }), 'error');
    expect(String(error)).toMatch(/subprotocol/);
  });

  test.each([400, 401, 403, 503])('status %i of the integration refuses the handshake', async (statusCode) => {
    gateway = await startGateway({ $connect: () => ({ statusCode, body: 'no' }) });
    expect(await refusal(gateway.connect())).toBe(statusCode);
    expect(gateway.gateway.openConnections).toEqual([]);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['answers no status', () => ({})],
    ['answers nothing', () => undefined],
  ])('a function that %s is 502', async (_, handler) => {
    gateway = await startGateway({ $connect: handler });
    expect(await refusal(gateway.connect())).toBe(502);
  });

  test('a function that takes too long is 504', async () => {
    gateway = await startGateway({ $connect: () => new Promise(() => undefined) }, { timeoutMs: 50 });
    expect(await refusal(gateway.connect())).toBe(504);
  });

  test('another path than the stage is 403 and reaches no function', async () => {
    gateway = await startGateway({ $connect: accept });
    expect(await refusal(gateway.connect({ path: 'other' }))).toBe(403);
    expect(gateway.events).toEqual([]);
  });

  test('an upgrade that is no WebSocket handshake is 400', async () => {
    gateway = await startGateway({ $connect: accept });
    const headers = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '8' };
    const [response] = await once(get(gateway.gateway.url.replace('ws:', 'http:'), { headers }), 'response');
    expect(response.statusCode).toBe(400);
    expect(gateway.events).toEqual([]);
  });
});

describe('messages', () => {
  test('the route is selected by the body, or is $default', async () => {
    gateway = await startGateway({ $connect: accept, known: accept, $default: accept });
    const socket = await opened(gateway.connect());
    for (const body of ['{"action":"known"}', '{"action":"unknown"}', 'not JSON', '{"action":"$connect"}']) socket.send(body);
    await until('four messages', () => gateway.events.length === 5);
    const routes = gateway.events.slice(1).map(({ body, requestContext }) => [body, requestContext.routeKey]);
    expect(new Map(routes as [string, string][])).toEqual(
      new Map([
        ['{"action":"known"}', 'known'],
        ['{"action":"unknown"}', '$default'],
        ['not JSON', '$default'],
        ['{"action":"$connect"}', '$default'],
      ]),
    );
    socket.terminate();
  });

  test('without a route the client is told Forbidden', async () => {
    gateway = await startGateway({ $connect: accept });
    const socket = await opened(gateway.connect());
    socket.send('hello');
    expect(await nextMessage(socket)).toMatchObject({
      message: 'Forbidden',
      connectionId: expect.any(String),
      requestId: expect.any(String),
    });
    socket.terminate();
  });

  test('when the function fails the client is told, with the request id that the function saw', async () => {
    const fail = () => {
      throw new Error('broken');
    };
    gateway = await startGateway({ $connect: accept, $default: fail });
    const socket = await opened(gateway.connect());
    socket.send('hello');
    const answer = await nextMessage(socket);
    const context = gateway.events[1]?.requestContext;
    expect(answer).toEqual({ message: 'Internal server error', connectionId: context?.connectionId, requestId: context?.['requestId'] });
    socket.terminate();
  });

  test('what the function returns is not sent to the client', async () => {
    gateway = await startGateway({ $connect: accept, first: () => ({ statusCode: 200, body: 'ignored' }) });
    const socket = await opened(gateway.connect());
    socket.send('{"action":"first"}');
    socket.send('second');
    expect(await nextMessage(socket)).toMatchObject({ message: 'Forbidden' });
    socket.terminate();
  });

  test('a binary message closes with 1003', async () => {
    gateway = await startGateway({ $connect: accept, $default: accept });
    const socket = await opened(gateway.connect());
    socket.send(Buffer.of(1));
    expect((await closeOf(socket)).code).toBe(1003);
  });

  test('a frame of 32 KB passes', async () => {
    gateway = await startGateway({ $connect: accept, $default: accept });
    const socket = await opened(gateway.connect());
    socket.send('x'.repeat(32_768));
    await until('the message arrives', () => gateway.events.length === 2);
    expect(gateway.events[1]?.body).toHaveLength(32_768);
    socket.terminate();
  });

  test('a larger frame closes with 1009 and reaches no function', async () => {
    gateway = await startGateway({ $connect: accept, $default: accept });
    const socket = await opened(gateway.connect());
    socket.send('x'.repeat(32_769));
    expect((await closeOf(socket)).code).toBe(1009);
    expect(gateway.events.filter(({ requestContext }) => requestContext.eventType === 'MESSAGE')).toEqual([]);
  });

  test('a message of 128 KB in several frames passes', async () => {
    gateway = await startGateway({ $connect: accept, $default: accept });
    const socket = await opened(gateway.connect());
    for (let part = 1; part <= 4; part++) socket.send('x'.repeat(32_768), { fin: part === 4 });
    await until('the message arrives', () => gateway.events.length === 2);
    expect(gateway.events[1]?.body).toHaveLength(131_072);
    socket.terminate();
  });

  test('a larger message closes with 1009', async () => {
    gateway = await startGateway({ $connect: accept, $default: accept });
    const socket = await opened(gateway.connect());
    for (let part = 1; part <= 5; part++) socket.send('x'.repeat(part === 5 ? 1 : 32_768), { fin: part === 5 });
    expect((await closeOf(socket)).code).toBe(1009);
  });
});

describe('the end of a connection', () => {
  test('$disconnect is told how the client closed', async () => {
    gateway = await startGateway({ $connect: accept, $disconnect: accept });
    const socket = await opened(gateway.connect());
    socket.close(4001, 'bye');
    await until('$disconnect', () => gateway.events.length === 2);
    expect(gateway.events[1]?.requestContext).toMatchObject({
      routeKey: '$disconnect',
      eventType: 'DISCONNECT',
      disconnectStatusCode: 4001,
      disconnectReason: 'bye',
      connectionId: gateway.events[0]?.requestContext.connectionId,
    });
  });

  test('$disconnect comes for a client that vanished', async () => {
    gateway = await startGateway({ $connect: accept, $disconnect: accept });
    (await opened(gateway.connect())).terminate();
    await until('$disconnect', () => gateway.events.length === 2);
    expect(gateway.events[1]?.requestContext['disconnectStatusCode']).toBe(1006);
  });

  test('$disconnect comes for a client that left while $connect ran', async () => {
    const running = Promise.withResolvers<void>();
    gateway = await startGateway({ $connect: () => running.promise.then(accept), $disconnect: accept });
    const socket = gateway.connect();
    socket.on('error', () => undefined);
    await until('$connect', () => gateway.events.length === 1);
    socket.terminate();
    running.resolve();
    await until('$disconnect', () => gateway.events.length === 2);
  });

  test('an injected fault loses $disconnect', async () => {
    gateway = await startGateway({ $connect: accept, $disconnect: accept });
    const [lost, kept] = [await opened(gateway.connect()), await opened(gateway.connect())];
    const lostId = gateway.events[0]?.requestContext.connectionId;
    gateway.faults.loseDisconnect = (connectionId) => connectionId === lostId;
    lost.close();
    await until('the first is gone', () => gateway.gateway.openConnections.length === 1);
    kept.close();
    await until('$disconnect of the second', () => gateway.events.length === 3);
    expect(gateway.events[2]?.requestContext.connectionId).not.toBe(lostId);
  });

  test('a connection without messages closes with 1001 when its idle time is over, pings or not', async () => {
    gateway = await startGateway({ $connect: accept }, { limits: { idleTimeoutMs: 200 } });
    const socket = await opened(gateway.connect());
    const pings = setInterval(() => socket.ping(), 20);
    expect(await closeOf(socket)).toEqual({ code: 1001, reason: 'Going away' });
    clearInterval(pings);
  });

  test('messages keep it open until its lifetime is over, which closes with 1001', async () => {
    gateway = await startGateway({ $connect: accept, $default: accept }, { limits: { idleTimeoutMs: 300, maxDurationMs: 900 } });
    const socket = await opened(gateway.connect());
    const startMs = Date.now();
    const messages = setInterval(() => socket.send('hello'), 30);
    expect((await closeOf(socket)).code).toBe(1001);
    clearInterval(messages);
    expect(Date.now() - startMs).toBeGreaterThan(800);
  });
});
