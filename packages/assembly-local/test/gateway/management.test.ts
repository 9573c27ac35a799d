import {
  DeleteConnectionCommand,
  ForbiddenException,
  GetConnectionCommand,
  GoneException,
  LimitExceededException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type WebSocket from 'ws';
import { until } from '../../../../test/support/until.ts';
import { closeOf, nextMessage, opened, startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let socket: WebSocket;
let ConnectionId: string;

beforeEach(async () => {
  gateway = await startGateway({ $connect: () => ({ statusCode: 200 }) }, { limits: { maxUnsentBytes: 256 * 1024 } });
  socket = await opened(gateway.connect());
  ConnectionId = gateway.events[0]?.requestContext.connectionId ?? '';
});

afterEach(() => {
  socket.terminate();
  gateway.close();
});

const post = (Data: string, id = ConnectionId) => gateway.management.send(new PostToConnectionCommand({ ConnectionId: id, Data }));

test('a post arrives as a text message', async () => {
  const arriving = new Promise<[unknown, boolean]>((resolve) =>
    socket.once('message', (data, isBinary) => resolve([String(data), isBinary])),
  );
  await post('{"text":"ünïcode"}');
  expect(await arriving).toEqual(['{"text":"ünïcode"}', false]);
});

test('a connection is described', async () => {
  const { ConnectedAt, LastActiveAt, Identity } = await gateway.management.send(new GetConnectionCommand({ ConnectionId }));
  expect(Math.abs((ConnectedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  expect(LastActiveAt).toBeInstanceOf(Date);
  expect(Identity?.SourceIp).toBe('127.0.0.1');
});

test('a deleted connection closes, and is gone', async () => {
  const closing = closeOf(socket);
  await gateway.management.send(new DeleteConnectionCommand({ ConnectionId }));
  expect((await closing).code).toBe(1000);
  await expect(post('x')).rejects.toBeInstanceOf(GoneException);
});

test('a post to a closed connection is 410', async () => {
  socket.close();
  await until('it is closed', () => gateway.gateway.openConnections.length === 0);
  await expect(post('x')).rejects.toBeInstanceOf(GoneException);
});

test('a post before $connect has returned is 410', async () => {
  gateway.close();
  const running = Promise.withResolvers<object>();
  gateway = await startGateway({ $connect: () => running.promise });
  const waiting = gateway.connect();
  await until('$connect', () => gateway.events.length === 1);
  const id = gateway.events[0]?.requestContext.connectionId ?? '';
  await expect(post('too early', id)).rejects.toBeInstanceOf(GoneException);
  running.resolve({ statusCode: 200 });
  await opened(waiting);
  const arriving = nextMessage(waiting);
  await post('"now"', id);
  expect(await arriving).toBe('now');
  waiting.terminate();
});

test('a post over 128 KB is 413', async () => {
  await post('x'.repeat(131_072));
  await expect(post('x'.repeat(131_073))).rejects.toBeInstanceOf(PayloadTooLargeException);
});

test('a path that is no connection is 403', async () => {
  const response = await fetch(gateway.gateway.url.replace('ws:', 'http:'), {
    method: 'POST',
    headers: { authorization: 'AWS4-HMAC-SHA256 x' },
  });
  expect(response.status).toBe(403);
  expect(response.headers.get('x-amzn-errortype')).toBe(ForbiddenException.name);
});

test('an unsigned request is 403', async () => {
  const url = `${gateway.gateway.url.replace('ws:', 'http:')}/@connections/${encodeURIComponent(ConnectionId)}`;
  expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(403);
});

test('a client that reads too slowly makes posts 429, and only its own', async () => {
  const other = await opened(gateway.connect());
  const otherId = gateway.events[1]?.requestContext.connectionId ?? '';
  socket.pause();
  const flood = async () => {
    for (let n = 0; n < 1000; n++) await post('x'.repeat(100_000));
  };
  await expect(flood()).rejects.toBeInstanceOf(LimitExceededException);
  const arriving = nextMessage(other);
  await post('"fine"', otherId);
  expect(await arriving).toBe('fine');
  other.terminate();
});

test('an injected answer takes the place of the post', async () => {
  gateway.faults.postOutcome = () => ({ status: 429, code: 'LimitExceededException' });
  await expect(post('x')).rejects.toBeInstanceOf(LimitExceededException);
  gateway.faults.postOutcome = () => ({ status: 500, code: 'InternalServerErrorException' });
  await expect(post('x')).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
  gateway.faults.postOutcome = undefined;
  const arriving = nextMessage(socket);
  await post('"through"');
  expect(await arriving).toBe('through');
});

test('an injected answer may come after the frame has gone out', async () => {
  gateway.faults.postOutcome = () => ({ status: 500, code: 'InternalServerErrorException', sent: true });
  const arriving = nextMessage(socket);
  await expect(post('"sent"')).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
  expect(await arriving).toBe('sent');
});

test('answers 410 are counted', async () => {
  await post('"here"');
  expect(gateway.gateway.goneAnswers).toBe(0);
  await expect(post('x', 'nobody=')).rejects.toBeInstanceOf(GoneException);
  expect(gateway.gateway.goneAnswers).toBe(1);
});
