import { once } from 'node:events';
import { get, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '../../../../test/support/until.ts';
import { BalancerWorld } from '../support/balancer.ts';

let world: BalancerWorld;

beforeEach(async () => {
  world = new BalancerWorld();
  await world.start();
});

afterEach(() => world.close());

describe('streams', () => {
  test('the head arrives before the first byte of the body, and each chunk as it is written', async () => {
    const stream = world.serveStream();
    const [response] = await once(get((await world.front('http')).url, { agent: false }), 'response');
    const upstream = await stream.opened;
    const chunks: string[] = [];
    response.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
    for (const text of ['one', 'two']) {
      upstream.write(text);
      await until(`${text} arrives`, () => chunks.at(-1) === text);
    }
    upstream.end();
    await once(response, 'end');
  });

  test('the same over HTTP/2, several on one connection', async () => {
    const responses: ServerResponse[] = [];
    world.serve = (_, response) => {
      response.writeHead(200).flushHeaders();
      responses.push(response);
    };
    const client = world.session(await world.front('https'));
    const streams = [client.request({ ':path': '/a' }), client.request({ ':path': '/b' })];
    const received = streams.map(() => '');
    for (const [at, stream] of streams.entries()) {
      await once(stream, 'response');
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        received[at] += chunk;
      });
    }
    for (const response of responses) response.write('hello');
    await until('both arrive', () => received.every((text) => text === 'hello'));
  });

  test('a client that leaves takes its request at the target with it', async () => {
    const stream = world.serveStream();
    // The idle timeout, which would end it anyway, is longer than this test may take.
    const asking = get((await world.front('http', { idleTimeoutMs: 600_000 })).url, { agent: false });
    await once(asking, 'response');
    await stream.opened;
    asking.destroy();
    await until('the target knows', () => stream.closed);
    expect(world.group.targets[0]?.outstanding).toBe(0);
  });

  test('so does a cancelled HTTP/2 stream, and its neighbours stay', async () => {
    const closed: string[] = [];
    world.serve = (request, response) => {
      response.writeHead(200).flushHeaders();
      response.on('close', () => closed.push(request.url ?? ''));
    };
    const client = world.session(await world.front('https', { idleTimeoutMs: 600_000 }));
    const [gone, stays] = [client.request({ ':path': '/gone' }), client.request({ ':path': '/stays' })];
    await Promise.all([once(gone, 'response'), once(stays, 'response')]);
    gone.close();
    await until('the target knows', () => closed.length > 0);
    expect(closed).toEqual(['/gone']);
  });

  test('a target that breaks off breaks off the answer, which does not look complete', async () => {
    const stream = world.serveStream();
    const [response] = await once(get((await world.front('http')).url, { agent: false }), 'response');
    response.resume();
    (await stream.opened).destroy();
    const [error] = await once(response, 'error');
    expect(error.code).toBe('ECONNRESET');
  });

  test('the same over HTTP/2 resets the stream', async () => {
    const stream = world.serveStream();
    const client = world.session(await world.front('https'));
    const asking = client.request({ ':path': '/' });
    await once(asking, 'response');
    asking.resume();
    (await stream.opened).destroy();
    await expect(once(asking, 'end')).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
  });

  test('a stream that stays silent for the idle timeout is cut', async () => {
    const stream = world.serveStream();
    const [response] = await once(get((await world.front('http', { idleTimeoutMs: 100 })).url, { agent: false }), 'response');
    response.resume();
    await once(response, 'error');
    await until('the target knows', () => stream.closed);
  });

  test('one that says something in time is not', async () => {
    const stream = world.serveStream();
    const [response] = await once(get((await world.front('http', { idleTimeoutMs: 400 })).url, { agent: false }), 'response');
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const upstream = await stream.opened;
    const beats = setInterval(() => upstream.write('.'), 100);
    await until('it outlives the timeout', () => text.length >= 8);
    clearInterval(beats);
    upstream.end();
    await once(response, 'end');
  });

  test('a slow reader slows the target down instead of filling the balancer', async () => {
    const stream = world.serveStream();
    const [response] = await once(get((await world.front('http')).url, { agent: false }), 'response');
    response.pause();
    const upstream = await stream.opened;
    for (let n = 0; n < 64; n++) upstream.write(Buffer.alloc(1024 * 1024));
    let unsent = 0;
    await until('the bytes stop flowing', async () => {
      const before = unsent;
      await sleep(50);
      unsent = upstream.writableLength;
      return unsent === before;
    });
    // The buffers of the kernel take some megabytes; the rest has to wait at the world.target.
    expect(unsent).toBeGreaterThan(32 * 1024 * 1024);
    response.destroy();
  });
});
