import { expect, test } from '@jest/globals';
import type { CellResult, Seen } from '../../../sse/noisy-neighbour/cell.ts';
import { brokenLimits, COLUMNS, judgeCell } from '../../../sse/noisy-neighbour/verdict.ts';

const MEMORY_BYTES = 1_000_000;

function seen({ readyMs = [1], resumeMs = [10], lostReplays = 0, lostLive = 0 } = {}): Seen {
  return {
    readyMs,
    resumes: { latenciesMs: resumeMs, wrong: lostReplays, unserved: 0 },
    live: { published: 1, latenciesMs: [1], wrong: lostLive },
  };
}

function cell(noisy: Seen, more: Partial<CellResult> = {}): CellResult {
  const memory = { residentBytes: 500_000, countedBytes: 600_000, died: false };
  return { calm: seen(), rush: seen(), noisy, memory, outcomes: {}, violation: undefined, ...more };
}

const broken = (result: CellResult) => brokenLimits(result, MEMORY_BYTES);

test('a cell within all limits breaks none', () => {
  expect(broken(cell(seen()))).toEqual([]);
});

test('memory counts with what the kernel holds, against three quarters of the size', () => {
  const memory = { residentBytes: 500_000, countedBytes: 760_000, died: false };
  expect(broken(cell(seen(), { memory }))).toEqual(['memory']);
});

test('/readyz may take less than 250 ms, and one that is never answered takes longer', () => {
  expect(broken(cell(seen({ readyMs: [249] })))).toEqual([]);
  expect(broken(cell(seen({ readyMs: [250] })))).toEqual(['readyz']);
  expect(broken(cell(seen({ readyMs: [Number.POSITIVE_INFINITY] })))).toEqual(['readyz']);
  expect(broken(cell(seen({ readyMs: [] })))).toEqual(['readyz']);
});

test('a resume may take half as long again as without offenders', () => {
  expect(broken(cell(seen({ resumeMs: [15] })))).toEqual([]);
  expect(broken(cell(seen({ resumeMs: [15.1] })))).toEqual(['resume']);
  expect(broken(cell(seen({ resumeMs: [Number.POSITIVE_INFINITY] })))).toEqual(['resume']);
});

test('whatever is lost is said, and what a kind of offender forbids', () => {
  expect(broken(cell(seen({ lostReplays: 1 })))).toEqual(['replays lost']);
  expect(broken(cell(seen({ lostLive: 1 })))).toEqual(['live events lost']);
  expect(broken(cell(seen(), { rush: seen({ lostLive: 1, lostReplays: 1 }) }))).toEqual(['replays lost in the rush', 'live events lost']);
  expect(broken(cell(seen(), { violation: 'reading wrote 5 names' }))).toEqual(['reading wrote 5 names']);
});

test('a task that died has no figures to speak of', () => {
  const memory = { residentBytes: 1, countedBytes: 1, died: true };
  expect(broken(cell(seen({ readyMs: [] }), { memory }))).toEqual(['the task died']);
});

test('a line has a cell for each column', () => {
  expect(judgeCell('x', 1, cell(seen()), MEMORY_BYTES).cells).toHaveLength(COLUMNS.length);
});
