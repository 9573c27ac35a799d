import { expect, test } from '@jest/globals';
import { evidenceFor } from '../../src/evidence.ts';
import { rowOf } from '../../src/matrix.ts';
import { matrixNote } from '../../src/matrix-note.ts';
import { differencesText, type Matrix, matrixTable, measurementsTable, reasonsText, USE_CASE_IDS } from '../../src/matrix-text.ts';
import type { Measured, MeasuredRow } from '../../src/measured.ts';
import { PRESETS } from '../../src/presets.ts';
import { TRANSPORTS } from '../../src/thresholds.ts';

const row: Omit<MeasuredRow, 'useCase' | 'transport'> = {
  latencyMs: { p50: 40, p99: 90.4, p999: 200 },
  jitterMs: 4.25,
  bytesDownPerMessage: 301,
  bytesUpPerMessage: 0,
  requestsPerMessage: 0.01,
  tcpConnections: 12,
  serverCpuMicrosPerMessage: 33,
  caughtUpMs: 1_500,
  sent: 1_000,
  delivered: 1_000,
  lost: 0,
  doubled: 0,
  outOfOrder: 0,
  label: 'measured here',
};

/** Every cell alike, but for the CPU's label. */
const measured: Measured = {
  date: '2026-11-30',
  command: 'npm run compare',
  machine: 'made up',
  quick: true,
  sizes: { pollIntervalMs: 1_000, useCases: USE_CASE_IDS.map((id) => ({ id, groups: 2, clients: 4 })) },
  rows: USE_CASE_IDS.flatMap((useCase) =>
    TRANSPORTS.map((transport) => ({
      ...row,
      useCase,
      transport,
      label: transport === 'websocket' ? ('emulated API Gateway and Lambda' as const) : row.label,
    })),
  ),
};

const matrixOf = (from: Measured | undefined): Matrix =>
  Object.fromEntries(USE_CASE_IDS.map((useCase) => [useCase, rowOf(useCase, evidenceFor(useCase, from))])) as Matrix;

test.each(USE_CASE_IDS)('the planner bills every transport of %s, with both ends of each assumed figure', (useCase) => {
  const { plans } = evidenceFor(useCase, measured);
  expect(plans.length).toBeGreaterThan(10);
  expect(plans.length % 2).toBe(1);
  const row = rowOf(useCase, { plans, measured });
  for (const transport of TRANSPORTS) {
    expect(row[transport].verdict).not.toBe('not-measured');
    expect(row[transport].usdPerMonth).toBeGreaterThan(0);
    const [low, high] = row[transport].latencyMs ?? [0, 0];
    expect(high).toBeGreaterThan(low);
  }
});

test('the table has a row for each use case with the size of its sample, and numbers in each cell', () => {
  const [, , ...rows] = matrixTable(matrixOf(measured), measured).split('\n');
  expect(rows).toHaveLength(USE_CASE_IDS.length);
  for (const line of rows) expect(line.match(/<br>[\d,]+ (to [\d,]+ )?ms<br>[\d,]+ USD/g)).toHaveLength(TRANSPORTS.length);
  for (const line of rows) expect(line).toMatch(/^\| [^|]+ ms<br>1,000 deliveries to 8 clients \|/);
});

test('without measurements every text says how to get them, and costs are there', () => {
  const matrix = matrixOf(undefined);
  expect(matrixTable(matrix, undefined)).toMatch(/not measured<br>[\d,]+ USD/);
  for (const text of [differencesText(matrix, {}), reasonsText(matrix), measurementsTable(undefined)]) {
    expect(text).toContain('Not measured yet: `npm run compare`.');
  }
});

test('a difference from the field has its numbers, and the sentence that was written for it', () => {
  // Nothing of ours keeps to 100 ms, because of the bus alone.
  const text = differencesText(matrixOf(measured), { 'multiplayer-game': { text: 'A sentence.', appliesTo: () => true } });
  expect(text).toMatch(
    /\*\*Multiplayer game\*\*: the field says WebSocket, we find no best fit\. WebSocket lane is not suitable: .*above 100 ms\. A sentence\./,
  );
  expect(text).not.toContain('Live feed');
});

test('a sentence that is not true of the verdicts any more drops out', () => {
  const matrix = matrixOf(measured);
  const appliesTo = (row: Matrix['chat']) => row.websocket.verdict === 'best-fit';
  const text = differencesText(matrix, { 'multiplayer-game': { text: 'A sentence.', appliesTo } });
  expect(text).toContain('Multiplayer game');
  expect(text).not.toContain('A sentence.');
});

test('the reasons name what would change them', () => {
  expect(reasonsText(matrixOf(measured))).toContain('Not in these figures, and would change them: binary frames');
});

test('what stands below the table says when its times are those of a quick run', () => {
  expect(matrixNote(measured)).toContain('That was a quick run');
  expect(matrixNote({ ...measured, quick: false })).not.toContain('quick');
});

test('what stands below the table says how long clients took to catch up, and that SSE waits because it is told to', () => {
  const rows = measured.rows.map((each) => (each.transport === 'sse' && each.useCase === 'chat' ? { ...each, caughtUpMs: 12_340 } : each));
  expect(matrixNote({ ...measured, rows })).toMatch(
    /Poll 1\.5 s, Long poll 1\.5 s, SSE 1\.5 to 12\.3 s, WebSocket lane 1\.5 s\..*sse\.retryMaxMs/,
  );
});

test('what stands below the table names every preset whose proxies the matrix leaves out', () => {
  const strict = USE_CASE_IDS.filter((id) => PRESETS[id].workload.strictProxies);
  expect(strict).not.toEqual([]);
  for (const useCase of strict) {
    expect(
      evidenceFor(useCase, measured)
        .plans[0].answers.flatMap(({ unfitBecause }) => unfitBecause)
        .join(),
    ).not.toContain('proxies');
    expect(matrixNote(undefined)).toMatch(new RegExp(`its presets .*${PRESETS[useCase].label}.*leaves them out`));
  }
});

test('the measurements say how they were made, that the run was quick, and whose CPU is emulated', () => {
  const text = measurementsTable(measured);
  expect(text).toMatch(/^`npm run compare`, 2026-11-30, made up\. \*\*A quick run\*\*/);
  expect(text).toContain('| 40, 90, 200 | 4.25 | 301, 0 | 0.01 | 12 | 33 (emulated) |');
});
