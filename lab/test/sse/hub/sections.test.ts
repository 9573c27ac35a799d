import { expect, test } from '@jest/globals';
import { formatSection } from '../../../shared/report/text.ts';
import { Results } from '../../../sse/hub/results.ts';
import { scenarios } from '../../../sse/hub/scenarios.ts';
import { type HubConditions, hubSection } from '../../../sse/hub/sections.ts';
import { fakePeer, measurementOf, sampleOf, scenarioOf } from './samples.ts';

const LONE = scenarioOf('lone-10');
const PEERS = [fakePeer('ours'), fakePeer('slow')];

function conditions(changes: Partial<HubConditions> = {}): HubConditions {
  return { peers: PEERS, scenarios: [LONE], maxStreams: 100, left: [], clientName: 'scripted', pair: undefined, growth: [], ...changes };
}

const measured = (peerId: string, messagesPerSecond: number, clientShare = 0.1) =>
  sampleOf(LONE, peerId, measurementOf({ delivering: { messagesPerSecond, clientShare } }));

test('every figure of a server stands beside its ratio to ours', () => {
  const { tables } = hubSection(new Results([measured('ours', 2_000), measured('slow', 500)]), conditions());

  expect(tables[0]?.rows.map((row) => row.slice(0, 3))).toEqual([
    ['ours', '2,000', '1.00 x'],
    ['slow', '500', '0.250 x'],
  ]);
});

test('a client that may have been what limits is named with where', () => {
  const quiet = hubSection(new Results([measured('ours', 1)]), conditions());
  const busy = hubSection(new Results([measured('ours', 1), measured('slow', 1, 0.95)]), conditions());

  expect(quiet.prose.join(' ')).toContain('never used more than 90 %');
  expect(busy.prose.join(' ')).toContain('may have been what limited, in: lone-10 of slow');
});

test('what was left out or failed is told, with the reason', () => {
  const failed = { scenario: LONE, peer: fakePeer('slow'), round: 1, outcome: { kind: 'failed', reason: 'crash' } as const };
  const text = formatSection(hubSection(new Results([failed]), conditions({ left: ['nchan: not installed'] })));

  expect(text).toContain('Left out: nchan: not installed');
  expect(text).toContain('slow, lone-10: crash');
});

test('a server that was spared a rate is called saturated', () => {
  const skipped = { scenario: LONE, peer: fakePeer('slow'), round: 1, outcome: { kind: 'skipped', saturatedAt: 8 } as const };

  const { tables } = hubSection(new Results([measured('ours', 2_000), skipped]), conditions());

  expect(tables[0]?.rows[1]).toEqual(['slow', 'saturated']);
});

test('a line of a plot ends where its server was spared the rate', () => {
  const rates = scenarios({ quick: false, maxStreams: 19_800 }).filter(
    ({ traffic, streams }) => traffic.kind === 'rate' && streams === 10_000,
  );
  const samples = rates.flatMap((scenario, index) => [
    sampleOf(scenario, 'ours', measurementOf()),
    ...(index < 2 ? [sampleOf(scenario, 'slow', measurementOf())] : []),
  ]);

  const { plots } = hubSection(new Results(samples), conditions({ scenarios: rates }));

  expect(plots[0]?.series.map(({ name, points }) => [name, points.length])).toEqual([
    ['ours', rates.length],
    ['slow', 2],
  ]);
});

test('the cost of one event to more streams adds up over the processes, and the slowest says when it has arrived', () => {
  const measurement = (maxMs: number) =>
    measurementOf({ connecting: { streams: 500, userBytesPerStream: 4_000 }, delivering: { p50Ms: 2, maxMs, cpuUsPerMessage: 5 } });
  const growth = [{ streams: 1_000, processes: 2, failures: [], measurements: [measurement(7), measurement(9)] }];

  const { tables, plots } = hubSection(new Results([]), conditions({ scenarios: [], growth }));

  expect(tables.map(({ rows }) => rows)).toEqual([[['1,000', '2', '1,000', '2.00', '9.00', '5.00', '5.00', '4.00']]]);
  expect(plots[0]?.series[0]?.points).toEqual([{ x: 1_000, y: 5 }]);
});

test('a process that could not be measured takes its streams out of the count, and is told', () => {
  const growth = [{ streams: 1_000, processes: 2, failures: ['crash'], measurements: [measurementOf({ connecting: { streams: 500 } })] }];

  const section = hubSection(new Results([]), conditions({ scenarios: [], growth }));

  expect(section.tables[0]?.rows[0]?.[2]).toBe('500');
  expect(section.prose.join(' ')).toContain('One event to 1000 streams: crash');
});
