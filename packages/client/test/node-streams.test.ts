import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Connection, connect } from '../src/index.ts';
import { until } from './support/checks.ts';
import { StubServer } from './support/stub-server.ts';

let server: StubServer;
let connection: Connection;

beforeEach(async () => {
  server = await StubServer.start();
});

afterEach(async () => {
  connection.close();
  await server.stop();
});

describe.each(['sse', 'poll', 'websocket', 'auto'] as const)('over %s', (transport) => {
  const open = async () => {
    connection = connect({ url: server.url, websocketUrl: server.websocketUrl, transport });
    const subscription = connection.subscribe('orders');
    await subscription.ready;
    return subscription;
  };

  test.each([undefined, new RangeError('enough')])(
    'a stream of a subscription can be destroyed before it is read, with %s',
    async (error) => {
      const subscription = await open();
      const stream = Readable.from(subscription);
      const failures: unknown[] = [];
      stream.on('error', (failure) => failures.push(failure));
      const closed = once(stream, 'close').catch(() => {});
      stream.destroy(error);
      await closed;
      expect(subscription.status.status).toBe('closed');
      expect(failures).toEqual(error === undefined ? [] : [error]);
    },
  );

  test.each([undefined, new RangeError('enough')])('a stream of a subscription can be destroyed while it waits, with %s', async (error) => {
    const subscription = await open();
    const stream = Readable.from(subscription);
    const failures: unknown[] = [];
    stream.on('error', (failure) => failures.push(failure));
    const read: unknown[] = [];
    stream.on('data', (item) => read.push(item));
    await server.publish('orders', 'e 1');
    await until(() => read.length === 1, 'an event');
    stream.destroy(error);
    await until(() => stream.closed, 'the stream is closed');
    expect(subscription.status.status).toBe('closed');
    expect(failures).toEqual(error === undefined ? [] : [error]);
  });

  test('a relay whose client has left closes its subscription', async () => {
    const subscription = await open();
    const relay = http.createServer((_, response) => {
      const toLines = new Transform({
        writableObjectMode: true,
        transform: (item, _, done) => done(null, `${JSON.stringify(item)}\n`),
      });
      pipeline(Readable.from(subscription), toLines, response.writeHead(200)).catch(() => {});
      response.flushHeaders();
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    try {
      const request = http.get({ port: (relay.address() as AddressInfo).port, host: '127.0.0.1' });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      await server.publish('orders', 'e 1');
      await once(response, 'data');
      response.destroy();
      await until(() => subscription.status.status === 'closed', 'closed');
    } finally {
      relay.closeAllConnections();
      relay.close();
    }
  });
});
