import { expect, test } from '@jest/globals';
import { Results } from '../../../sse/hub/results.ts';
import { fakePeer, measurementOf, sampleOf, scenarioOf } from './samples.ts';

const LONE = scenarioOf('lone-10');

function rates(peerId: string, ...perRound: readonly number[]) {
  return perRound.map((messagesPerSecond, index) =>
    sampleOf(LONE, peerId, measurementOf({ delivering: { messagesPerSecond } }), index + 1),
  );
}

test('a figure is the median over the rounds', () => {
  const results = new Results(rates('ours', 10, 90, 20));

  expect(results.median('lone-10', 'ours', 'messagesPerSecond')).toBe(20);
});

test('a ratio pairs the values of the same round', () => {
  // The machine was ten times slower in the second round: the ratio of the medians would be 20.
  const results = new Results([...rates('ours', 200, 20, 200), ...rates('other', 100, 10, 10)]);

  expect(results.ratio('messagesPerSecond', 'lone-10', 'ours', 'other')).toBe(2);
});

test('a ratio can be between scenarios', () => {
  const calm = sampleOf(scenarioOf('rate8-10'), 'ours', measurementOf({ delivering: { p99Ms: 5 } }));
  const busy = sampleOf(scenarioOf('rate50-10'), 'ours', measurementOf({ delivering: { p99Ms: 15 } }));

  expect(new Results([calm, busy]).ratio('p99Ms', 'rate50-10', 'ours', 'ours', 'rate8-10')).toBe(3);
});

const failed = (round: number) => ({ scenario: LONE, peer: fakePeer('x'), round, outcome: { kind: 'failed', reason: 'crash' } as const });
const skipped = (round: number) => ({ scenario: LONE, peer: fakePeer('x'), round, outcome: { kind: 'skipped', saturatedAt: 20 } as const });

test('what was not measured has no value, and says why, once', () => {
  const results = new Results([failed(1), failed(2), skipped(3)]);

  expect(results.median('lone-10', 'x', 'messagesPerSecond')).toBeUndefined();
  expect(results.ratio('messagesPerSecond', 'lone-10', 'x', 'ours')).toBeUndefined();
  expect(results.failures('lone-10', 'x')).toEqual(['crash']);
});

test('a server was spared a scenario when it was in every round', () => {
  expect(new Results([skipped(1), skipped(2)]).isSpared('lone-10', 'x')).toBe(true);
  expect(new Results([skipped(1), failed(2)]).isSpared('lone-10', 'x')).toBe(false);
  expect(new Results([]).isSpared('lone-10', 'x')).toBe(false);
});
