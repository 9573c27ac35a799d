import { afterEach, expect, test } from '@jest/globals';
import { drive, type LoadProgress } from '../../../load/drive.ts';
import type { LoadOptions } from '../../../load/options.ts';
import { isIntact, type LoadResult } from '../../../load/result.ts';
import { ours } from '../../../sse/peers/catalog.ts';
import { startLyingServer } from '../../support/lying-server.ts';

type Target = Pick<LoadOptions, 'url' | 'token'>;

const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of cleanUp.splice(0)) await end();
});

/** The real service, in a process of its own, and a token that allows everything there. */
async function startService(): Promise<Target> {
  const { port, subscribePath, stop } = await ours.start();
  cleanUp.push(stop);
  const url = `http://127.0.0.1:${port}`;
  return { url, token: new URL(url + subscribePath).searchParams.get('token') ?? undefined };
}

async function lie(deliver: (seq: number) => readonly number[]): Promise<Target> {
  const server = await startLyingServer(deliver);
  cleanUp.push(server.close);
  return { url: server.url, token: undefined };
}

function load(
  target: Target,
  changes: Partial<LoadOptions> = {},
  signal = new AbortController().signal,
  onProgress?: (seen: LoadProgress) => void,
) {
  const options: LoadOptions = {
    ...target,
    lane: 'sse',
    channel: 'load',
    streams: 3,
    connectsPerSecond: 1_000,
    streamsPerConnection: 100,
    http1: false,
    rate: 50,
    seconds: 0.1,
    dataBytes: 160,
    insecure: false,
    json: false,
    ...changes,
  };
  return drive(options, signal, onProgress ?? (() => undefined));
}

const seen = ({ published, messages, lost, repeated, late }: LoadResult) => ({ published, messages, lost, repeated, late });

test.each(['sse', 'poll'] as const)('against the real service, every %s stream gets every event', async (lane) => {
  const result = await load(await startService(), { lane });

  expect(seen(result)).toEqual({ published: 5, messages: 15, lost: 0, repeated: 0, late: 0 });
  expect(isIntact(result)).toBe(true);
  expect(result.latencyMs?.max).toBeGreaterThan(0);
});

test('a service that loses an event is found out, for every stream', async () => {
  const result = await load(await lie((seq) => (seq === 2 ? [] : [seq])));

  expect(seen(result)).toEqual({ published: 5, messages: 12, lost: 3, repeated: 0, late: 0 });
  expect(isIntact(result)).toBe(false);
});

test('a service that repeats an event is found out', async () => {
  const result = await load(await lie((seq) => [seq, seq]));

  expect(seen(result)).toEqual({ published: 5, messages: 15, lost: 0, repeated: 15, late: 0 });
  expect(isIntact(result)).toBe(false);
});

test('a service that mixes up the order is found out', async () => {
  const result = await load(await lie((seq) => (seq === 1 ? [] : seq === 2 ? [2, 1] : [seq])));

  expect(seen(result)).toEqual({ published: 5, messages: 15, lost: 0, repeated: 0, late: 3 });
  expect(isIntact(result)).toBe(false);
});

test('a signal ends the publishing, and what was measured by then is answered', async () => {
  const stopping = new AbortController();
  const result = await load(await startService(), { seconds: 600 }, stopping.signal, ({ published }) => {
    if (published > 0) stopping.abort();
  });

  expect(result.published).toBeGreaterThan(0);
  expect(result.published).toBeLessThan(30_000);
  expect(result.messages).toBe(result.acknowledged * 3);
  expect(isIntact(result)).toBe(true);
});
