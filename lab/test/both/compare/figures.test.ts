import { expect, test } from '@jest/globals';
import type { MeasuredRow } from '../../../../packages/planner/src/measured.ts';
import { type Measurement, perMessage, problemsOf, rounded } from '../../../both/compare/figures.ts';

const ROW: MeasuredRow = {
  useCase: 'chat',
  transport: 'sse',
  latencyMs: { p50: 50, p99: 200, p999: 400 },
  jitterMs: 5,
  bytesDownPerMessage: 300,
  bytesUpPerMessage: 0,
  requestsPerMessage: 0,
  tcpConnections: 8,
  serverCpuMicrosPerMessage: 400,
  caughtUpMs: 15_000,
  sent: 10,
  delivered: 40,
  lost: 0,
  doubled: 0,
  outOfOrder: 0,
  label: 'measured here',
};

const measurement = (row: Partial<MeasuredRow>, troubles: Measurement['troubles'] = {}): Measurement => ({
  row: { ...ROW, ...row },
  clientShare: 0.1,
  troubles,
});

test('what passed between two looks is divided by the messages of that time', () => {
  const before = { bytesDown: 1_000, bytesUp: 500, requests: 10, delivered: 20 };
  const after = { bytesDown: 3_000, bytesUp: 600, requests: 15, delivered: 30 };
  expect(perMessage(before, after, 0.002)).toEqual({
    bytesDownPerMessage: 200,
    bytesUpPerMessage: 10,
    requestsPerMessage: 0.5,
    serverCpuMicrosPerMessage: 200,
  });
});

test('a slow row has no problem, and nothing sent up is a figure', () => {
  expect(problemsOf(measurement({ caughtUpMs: 60_000, latencyMs: { p50: 9_000, p99: 9_000, p999: 9_000 } }))).toEqual([]);
});

test.each([
  [{ lost: 2 }, '2 lost'],
  [{ doubled: 1 }, '1 doubled'],
  [{ outOfOrder: 3 }, '3 out of order'],
  [{ caughtUpMs: Number.NaN }, 'no caughtUpMs'],
  [{ latencyMs: { p50: 1, p99: 2, p999: Number.NaN } }, 'no p999'],
  [{ bytesDownPerMessage: Number.POSITIVE_INFINITY }, 'no bytesDownPerMessage'],
])('%j is a problem', (row, problem) => {
  expect(problemsOf(measurement(row))).toEqual([`chat over sse: ${problem}`]);
});

test('what failed beside the figures is a problem', () => {
  expect(problemsOf(measurement({}, { resets: 1 }))).toEqual(['chat over sse: 1 resets']);
});

test('figures are rounded to four digits, and the rest is as it was', () => {
  const row = { ...ROW, jitterMs: 12.34567, delivered: 40, latencyMs: { p50: 50.12345, p99: 200, p999: 400 } };
  expect(rounded(row)).toEqual({ ...row, jitterMs: 12.35, latencyMs: { p50: 50.12, p99: 200, p999: 400 } });
});
