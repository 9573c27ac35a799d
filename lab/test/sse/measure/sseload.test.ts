import { expect, test } from '@jest/globals';
import { sseloadArguments, toMeasurement } from '../../../sse/measure/sseload.ts';
import type { Load } from '../../../sse/measure/workload.ts';
import { ours, ws } from '../../../sse/peers/catalog.ts';

const SERVER = { pids: [11, 12], port: 8001, publishPort: 8002, subscribePath: '/v1/events?channel=a', stop: async () => undefined };
const LONE: Load = { kind: 'window', inFlight: 4, burst: 1, events: 50 };

const CONNECTED = {
  subs: 10,
  connect_per_s: 7_000,
  cpu_us_per_connect: 70,
  bytes_per_sub: 4_000,
  slab_bytes_per_conn: 7_000,
  errors: 0,
  closed: 0,
};
const DELIVERED = {
  ...{ events: 50, msgs: 500, verified: true, secs: 2, msgs_per_s: 250, cpu_us_per_msg: 6, server_cores: 0.9 },
  ...{ p50_ms: 10, p99_ms: 20, p999_ms: 30, max_ms: 40 },
};

function option(args: readonly string[], name: string): string | undefined {
  return args[args.indexOf(name) + 1];
}

function measured(fields: object, load: Load = LONE, stderr = '') {
  return toMeasurement(JSON.stringify(fields), stderr, { streams: 10, dataBytes: 160, load }, (seconds) => seconds / 10);
}

test('streams go to the port of the streams, publications to theirs', () => {
  const args = sseloadArguments(ours, SERVER, { streams: 10, dataBytes: 160, load: LONE });

  expect([option(args, '-p'), option(args, '-P'), option(args, '-i')]).toEqual(['8001', '8002', '11,12']);
  expect([option(args, '-W'), option(args, '-k'), option(args, '-e')]).toEqual(['4', '1', '50']);
});

test('more streams than a process may have files are spread over processes', () => {
  const args = sseloadArguments(ours, SERVER, { streams: 30_000, dataBytes: 160, load: LONE });

  expect(option(args, '-w')).toBe('2');
});

test('a server of WebSockets is spoken to in WebSocket', () => {
  expect(option(sseloadArguments(ws, SERVER, { streams: 10, dataBytes: 160, load: LONE }), '-m')).toBe('ws');
});

test('what was measured is taken over, with the share of the client in the time of the measurement', () => {
  const measurement = measured({ ...CONNECTED, ...DELIVERED });

  expect(measurement.intact).toBe(true);
  expect(measurement.connecting).toMatchObject({ streams: 10, acceptsPerSecond: 7_000, userBytesPerStream: 4_000 });
  expect(measurement.delivering).toMatchObject({ messagesPerSecond: 250, p99Ms: 20, cpuUsPerMessage: 6, clientShare: 0.2 });
});

test('idle streams are intact without messages', () => {
  const measurement = measured(CONNECTED, { kind: 'idle' });

  expect(measurement.intact).toBe(true);
  expect(measurement.delivering).toBeUndefined();
});

test.each([
  ['messages are missing', { ...CONNECTED, ...DELIVERED, verified: false }, ''],
  ['a message was wrong', { ...CONNECTED, ...DELIVERED, errors: 1 }, ''],
  ['a stream was closed', { ...CONNECTED, ...DELIVERED, closed: 1 }, ''],
  ['the streams did not open', CONNECTED, 'only 9 of 10 subscribers ready'],
])('a measurement is not intact where %s', (_case, fields, stderr) => {
  const measurement = measured(fields, LONE, stderr);

  expect(measurement.intact).toBe(false);
  expect(measurement.problem).toContain(stderr);
});

test('a client that says nothing has measured nothing, and the reason is told', () => {
  expect(() => toMeasurement('', 'publish connection lost', { streams: 1, dataBytes: 160, load: LONE }, () => 0)).toThrow(
    'publish connection lost',
  );
});
