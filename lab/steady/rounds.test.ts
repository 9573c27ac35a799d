import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keepRound, readRounds } from './rounds.ts';
import { aRound } from './samples.ts';

let directory: string;
let state: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lanes-rounds-'));
  state = join(directory, 'steady/rounds.jsonl');
});

afterEach(() => rmSync(directory, { recursive: true }));

test('at first there are none', () => {
  expect(readRounds(state)).toEqual([]);
});

test('what was kept is read again, in its order', () => {
  const failed = aRound({ failures: [{ file: 'a', test: 'b', message: 'c' }], log: 'a.log' });
  keepRound(state, failed);
  keepRound(state, aRound({ suite: 'e2e' }));
  expect(readRounds(state)).toEqual([failed, aRound({ suite: 'e2e' })]);
});

test('a line that is no round is an error', () => {
  keepRound(state, aRound({}));
  appendFileSync(state, '{"suite":"other"}\n');
  expect(() => readRounds(state)).toThrow(/Expected/);
});
