import { afterEach, expect, jest, test } from '@jest/globals';
import { drive } from '../../load/drive.ts';
import { formatResult, isIntact, type LoadResult } from '../../load/result.ts';
import type { LyingServer } from '../support/lying-server.ts';
import { type LyingSocketsOptions, startLyingSockets } from '../support/lying-sockets.ts';

/** Processes are started, and the machine may be busy; the client library waits before it asks again. */
jest.setTimeout(60_000);

let server: LyingServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Five events to three streams. */
async function load(options: LyingSocketsOptions): Promise<LoadResult> {
  server = await startLyingSockets(options);
  const common = { token: undefined, channel: 'load', streamsPerConnection: 1, http1: false, insecure: false, json: false };
  const sizes = { streams: 3, connectsPerSecond: 1_000, rate: 50, seconds: 0.1, dataBytes: 160 };
  return drive({ url: server.url, lane: 'websocket', ...common, ...sizes }, new AbortController().signal, () => undefined);
}

const seen = ({ published, messages, lost, repeated, late, arrived }: LoadResult) => ({
  published,
  messages,
  lost,
  repeated,
  late,
  arrived,
});

const all = () => true;
const INTACT = { published: 5, messages: 15, lost: 0, repeated: 0, late: 0 };

test('what comes out of order reaches the application in order; how it came is told beside it, and explained', async () => {
  const result = await load({ deliver: (seq) => (seq === 1 ? [] : seq === 2 ? [2, 1] : [seq]), isKept: all });

  expect(seen(result)).toEqual({ ...INTACT, arrived: { late: 3, repeated: 0 } });
  expect(isIntact(result)).toBe(true);
  expect(formatResult(result)).toMatch(/^ +to the application +on arrival$/m);
  expect(formatResult(result)).toMatch(/^out of order +0 +3$/m);
  expect(formatResult(result)).toContain('"to the application" is what it delivers');
});

test('what comes twice reaches the application once', async () => {
  const result = await load({ deliver: (seq) => [seq, seq], isKept: all });

  expect(seen(result)).toEqual({ ...INTACT, arrived: { late: 0, repeated: 15 } });
  expect(isIntact(result)).toBe(true);
});

test('what does not come is asked for, and is not lost', async () => {
  const result = await load({ deliver: (seq) => (seq === 2 ? [] : [seq]), isKept: all });

  expect(seen(result)).toMatchObject(INTACT);
  expect(isIntact(result)).toBe(true);
});

test('what never comes is lost to the application, and fails', async () => {
  const result = await load({ deliver: (seq) => (seq === 2 ? [] : [seq]), isKept: (seq) => seq !== 2 });

  expect(seen(result)).toMatchObject({ published: 5, messages: 12, lost: 3, repeated: 0, late: 0 });
  expect(isIntact(result)).toBe(false);
});

test('what is lost, repeated or out of order to the application fails', async () => {
  const result = await load({ deliver: (seq) => [seq], isKept: all });

  expect(isIntact(result)).toBe(true);
  expect([{ late: 1 }, { repeated: 1 }, { lost: 1 }].map((fault) => isIntact({ ...result, ...fault }))).toEqual([false, false, false]);
});
