import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { REGIONS } from '../../../planner/src/data/prices.ts';
import { DEPLOYED_STAGES } from '../../../planner/src/deployed.ts';
import { OPTIONS } from '../../../planner/src/options.ts';
import { workloadOf } from '../../../planner/src/presets.ts';
import { NUMBERS, type NumberId, PRESET_IDS, parseWorkload, type Workload } from '../../../planner/src/workload.ts';
import { fromFragment, type PlanState, toFragment } from '../../plan/link.ts';

const NUMBER_IDS = Object.keys(NUMBERS) as readonly NumberId[];

const workloads: fc.Arbitrary<Workload> = fc
  .record({
    ...(Object.fromEntries(
      NUMBER_IDS.map((id) => [id, fc.double({ min: NUMBERS[id].min, max: NUMBERS[id].max, noNaN: true }).map((value) => value + 0)]),
    ) as Record<NumberId, fc.Arbitrary<number>>),
    preset: fc.constantFrom(...PRESET_IDS),
    binary: fc.boolean(),
    subProtocol: fc.boolean(),
    resume: fc.boolean(),
    strictProxies: fc.boolean(),
    region: fc.constantFrom(...REGIONS),
    stage: fc.constantFrom(...DEPLOYED_STAGES),
  })
  .map((whole) =>
    parseWorkload({
      ...whole,
      connections: Math.ceil(whole.connections),
      eventsPerPublication: Math.ceil(whole.eventsPerPublication),
      averageConnections: Math.min(whole.averageConnections, whole.connections),
      fanOut: Math.min(whole.fanOut, whole.connections),
    }),
  );

const states: fc.Arbitrary<PlanState> = fc.record({
  workload: workloads,
  along: fc.constantFrom(...NUMBER_IDS),
  compared: fc.option(fc.subarray(OPTIONS.map(({ id }) => id)), { nil: undefined }),
});

describe('a link', () => {
  test('says everything that was chosen', () => {
    fc.assert(fc.property(states, (state) => expect(fromFragment(toFragment(state))).toEqual({ state, problems: [] })));
  });

  test('opens whatever it says, with a plan that is valid', () => {
    const keys = fc.oneof(
      fc.constantFrom('preset', 'along', 'compare', 'stage', 'resume', ...NUMBER_IDS, 'constructor', '__proto__'),
      fc.string(),
    );
    const texts = fc.oneof(fc.constantFrom('', '0', '-1', '1e9', '20000', 'true', 'NaN', 'Infinity', 'chat', 'sse-lane'), fc.string());
    fc.assert(
      fc.property(fc.array(fc.tuple(keys, texts)), (pairs) => {
        const { state } = fromFragment(new URLSearchParams(pairs as [string, string][]).toString());
        expect(parseWorkload(state.workload)).toEqual(state.workload);
      }),
    );
  });

  test('without values is a preset; with some, the others follow as on the command line', () => {
    expect(fromFragment('')).toMatchObject({ state: { along: 'connections' }, problems: [] });
    expect(fromFragment('preset=chat').state.workload).toEqual(workloadOf('chat'));
    expect(fromFragment('preset=chat&connections=20000').state.workload).toEqual(workloadOf('chat', { connections: 20_000 }));
  });

  test.each([
    ['preset=chats', 'preset "chats" is not valid: choose one of live-feed'],
    ['preset=chat&connections=-5', 'connections "-5" is not valid: use a whole number from 1 to 100000000'],
    ['preset=chat&connections=', 'connections "" is not valid: use a whole number'],
    ['preset=chat&fanOut=many', 'fanOut "many" is not valid: use a number'],
    ['preset=chat&fanOut=20000', 'fanOut "20000" is not valid: use at most the 10000 connections'],
    ['preset=chat&resume=yes', 'resume "yes" is not valid: use true or false'],
    ['preset=chat&stage=moon', 'stage "moon" is not valid: choose one of'],
    ['preset=chat&region=eu-nowhere-1', 'region "eu-nowhere-1" is not valid: choose one of us-east-1'],
    ['preset=chat&along=time', 'along "time" is not valid: choose one of connections'],
    ['preset=chat&compare=pigeon', 'compare "pigeon" is not valid: choose of'],
    ['preset=chat&conections=5', '"conections" is not an input'],
  ])('%s says what is wrong, and falls back to the preset', (fragment, problem) => {
    const { state, problems } = fromFragment(fragment);
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(state.workload).toEqual(workloadOf(fragment.includes('chats') ? 'live-feed' : 'chat'));
  });

  test('keeps what is valid beside what is not', () => {
    const { state, problems } = fromFragment('preset=chat&eventBytes=500&connections=0&resume=false');
    expect(problems).toHaveLength(1);
    expect(state.workload).toEqual(workloadOf('chat', { eventBytes: 500, resume: false }));
  });
});
