import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { hubNames } from '../../../sse/hub/bench.ts';
import { maxStreams, scenarios } from '../../../sse/hub/scenarios.ts';

test('ids are unique', () => {
  const ids = scenarios({ quick: false, maxStreams: 19_800 }).map(({ id }) => id);

  expect(new Set(ids).size).toBe(ids.length);
});

test('rates ascend for each number of streams: what saturates a server comes before what is more', () => {
  for (const streams of [1_000, 10_000]) {
    const rates = scenarios({ quick: false, maxStreams: 19_800 }).flatMap((scenario) =>
      scenario.streams === streams && scenario.traffic.kind === 'rate' ? [scenario.traffic.perSecond] : [],
    );
    expect(rates.length).toBeGreaterThan(3);
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
  }
});

test('no scenario has more streams than a process may have files', () => {
  const counts = scenarios({ quick: false, maxStreams: 4_000 }).map(({ streams }) => streams);

  expect(Math.max(...counts)).toBe(4_000);
});

test('the file limit of this process is read', () => {
  expect(maxStreams(readFileSync('/proc/self/limits', 'utf8'))).toBeGreaterThan(0);
  expect(() => maxStreams('')).toThrow('how many files');
});

test('--only takes scenarios by their name and by their id', () => {
  const { scenarioNames } = hubNames();

  expect(scenarioNames).toEqual(expect.arrayContaining(['lone', 'rate', 'idle', 'lone-10000', 'rate8-10000', 'idle-max', 'pair']));
});
