import { expect, test } from '@jest/globals';
import { isReached } from '../../../shared/report/section.ts';
import { hubGoals } from '../../../sse/hub/goals.ts';
import { Results } from '../../../sse/hub/results.ts';
import { scenarios } from '../../../sse/hub/scenarios.ts';
import { fakePeer, measurementOf, sampleOf } from './samples.ts';

const MAX = 19_800;
const ALL = scenarios({ quick: false, maxStreams: MAX });
const PEERS = ['ours', 'nchan', 'better-sse', 'node-http', 'c'];

/** Every server measured the same in every scenario. */
const EQUAL = ALL.flatMap((scenario) => PEERS.map((peer) => sampleOf(scenario, peer, measurementOf())));

test('every goal has a measured value once all scenarios were run', () => {
  const pair = { streams: 30_000, processes: 2, failures: [], measurements: [measurementOf({ connecting: { streams: 30_000 } })] };

  expect(hubGoals(new Results(EQUAL), MAX, pair).filter(({ measured }) => measured === undefined)).toEqual([]);
});

test('nothing is reached that was not measured', () => {
  const goals = hubGoals(new Results([]), MAX, undefined);

  expect(goals.length).toBeGreaterThan(15);
  expect(goals.map(isReached)).toEqual(goals.map(() => undefined));
});

test('equal servers do not reach the ratios', () => {
  const goals = hubGoals(new Results(EQUAL), MAX, undefined).filter(({ text }) => text.startsWith('32 in flight'));

  expect(goals.map((goal) => [goal.target, goal.measured, isReached(goal)])).toEqual([
    [20, 1, false],
    [32, 1, false],
    [14, 1, false],
  ]);
});

test('figures of other numbers of streams are no goals', () => {
  const quick = scenarios({ quick: true, maxStreams: MAX }).flatMap((scenario) =>
    PEERS.map((peer) => sampleOf(scenario, peer, measurementOf())),
  );

  expect(hubGoals(new Results(quick), MAX, undefined).filter(({ measured }) => measured !== undefined)).toEqual([]);
});

test('a failed connection among the most streams misses the goal', () => {
  const scenario = ALL.find(({ id }) => id === 'idle-max');
  if (scenario === undefined) throw new Error('no scenario with the most streams');
  const failed = { scenario, peer: fakePeer('ours'), round: 1, outcome: { kind: 'failed', reason: 'refused' } as const };

  const goal = hubGoals(new Results([failed]), MAX, undefined).find(({ text }) => text.startsWith('streams of one process'));

  expect(goal?.measured).toBe(0);
});
