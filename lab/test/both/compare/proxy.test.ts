import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listen } from '../../../../packages/assembly-local/loopback.ts';
import type { LinkProfile } from '../../../both/compare/link.ts';
import { LinkProxy } from '../../../both/compare/proxy.ts';

const PROFILE: LinkProfile = { oneWayDelayMs: 5, jitterMs: 2, stallEveryMs: 60_000, stallMs: { min: 10, max: 20 } };

let server: Server;
let proxy: LinkProxy;
let accepted: Socket[];

beforeEach(async () => {
  accepted = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
  });
  proxy = new LinkProxy({ targetPort: await listen(server), seed: 1, name: 'test', profile: PROFILE });
  await proxy.listen();
});

afterEach(async () => {
  await proxy.close();
  for (const socket of accepted) socket.destroy();
  server.close();
});

/** Both ends of a connection through the proxy. */
async function open(): Promise<{ readonly client: Socket; readonly target: Socket }> {
  const reaches = once(server, 'connection') as Promise<[Socket]>;
  const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => undefined);
  const [target] = await reaches;
  return { client, target };
}

/** Resolves with whether an error closed it. */
function closing(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => socket.on('close', resolve));
}

test('carries every byte in both directions, in order, and counts them', async () => {
  const { client, target } = await open();
  const request = Array.from({ length: 500 }, (_, index) => `line ${index}\n`);
  for (const line of request) client.write(line);
  client.end();
  const got = await text(target);
  target.end('an answer');

  expect(got).toBe(request.join(''));
  expect(await text(client)).toBe('an answer');
  expect(proxy.counts).toEqual({ connections: 1, bytesUp: request.join('').length, bytesDown: 'an answer'.length });
});

test('nothing arrives before the delay', async () => {
  const { client, target } = await open();
  const sentMs = performance.now();
  target.write('x');
  await once(client, 'data');
  // A timer may fire up to a millisecond early.
  expect(performance.now() - sentMs).toBeGreaterThanOrEqual(PROFILE.oneWayDelayMs - 1);
  client.destroy();
});

test('a cut resets every connection at both ends, and new ones are accepted', async () => {
  const before = [await open(), await open()];
  const reset = before.flatMap(({ client, target }) => [closing(client), closing(target)]);
  proxy.cut();
  expect(await Promise.all(reset)).toEqual([true, true, true, true]);

  const { client, target } = await open();
  target.end('still here');
  expect(await text(client)).toBe('still here');
  expect(proxy.counts.connections).toBe(3);
  client.destroy();
});

test('what is under way when a connection is cut does not arrive', async () => {
  const { client, target } = await open();
  const received: Buffer[] = [];
  client.on('data', (bytes: Buffer) => received.push(bytes));
  target.write('lost');
  const closed = closing(client);
  proxy.cut();
  await closed;
  expect(received).toEqual([]);
});

test('when one end goes away, so does the other', async () => {
  const { client, target } = await open();
  const closed = closing(target);
  client.resetAndDestroy();
  expect(await closed).toBe(true);
});
