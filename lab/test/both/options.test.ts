import { expect, test } from '@jest/globals';
import { parseBenchOptions, selectParts } from '../../both/bench/options.ts';
import { hubNames } from '../../sse/hub/bench.ts';

const NAMES = hubNames();

function parse(...args: readonly string[]) {
  return parseBenchOptions(['node', 'main.ts', ...args], NAMES);
}

test('a full run has three rounds, a quick one has one, and both can be told otherwise', () => {
  expect([parse().rounds, parse('--quick').rounds, parse('--quick', '--rounds', '5').rounds]).toEqual([3, 1, 5]);
});

test('without --only everything is run', () => {
  expect(selectParts(parse().only, NAMES)).toEqual({ hub: { scenarioNames: [], peerIds: [] }, fanOut: true });
});

test('a scenario or a server means the part of the hub', () => {
  expect(selectParts(parse('--only', 'lone', 'nchan').only, NAMES)).toEqual({
    hub: { scenarioNames: ['lone'], peerIds: ['nchan'] },
    fanOut: false,
  });
});

test('a part can be run alone', () => {
  expect(selectParts(parse('--only', 'fan-out').only, NAMES)).toEqual({ hub: undefined, fanOut: true });
  expect(selectParts(parse('--only', 'hub').only, NAMES)).toEqual({ hub: { scenarioNames: [], peerIds: [] }, fanOut: false });
});
