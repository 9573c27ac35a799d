import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { OPTIONS } from '../../../planner/src/options.ts';
import { plan, rankedAnswers } from '../../../planner/src/plan.ts';
import { workloadOf } from '../../../planner/src/presets.ts';
import { NUMBERS, type NumberId, PRESET_IDS } from '../../../planner/src/workload.ts';
import { barsOf } from '../../plan/bars.ts';
import { chartOf, optionsToCompare, rangeOf } from '../../plan/chart.ts';

describe('bars', () => {
  test.each(PRESET_IDS)('of %s are as long as costs, and are cut where the scale ends', (preset) => {
    const answers = rankedAnswers(workloadOf(preset));
    const { bars, endUsd } = barsOf(answers);
    for (const [place, { usdPerMonth }] of answers.entries()) {
      const length = (bars[place] ?? []).reduce((sum, { shown }) => sum + shown, 0);
      expect(length).toBeCloseTo(Math.min(1, usdPerMonth / endUsd));
    }
  });
});

describe('the break-even plot', () => {
  const workload = workloadOf('live-feed');
  const [first, second] = OPTIONS;
  const ids = [first, second].flatMap((option) => option?.id ?? []);

  test('compares the recommendation and its runner-up', () => {
    const result = plan(workload, '2026-12-01');
    const { recommendation } = result;
    const compared = optionsToCompare(result);
    expect(compared).not.toEqual([]);
    // A project without the SSE lane may have nothing that fits this workload.
    const named =
      recommendation.kind === 'recommended' ? [recommendation.option, ...(recommendation.runnerUp ? [recommendation.runnerUp] : [])] : [];
    expect(compared).toEqual(expect.arrayContaining(named));
  });

  test.each(Object.keys(NUMBERS) as NumberId[])('along %s, each line has a cost wherever the value makes sense', (along) => {
    const { values, lines, rows, current } = chartOf(workload, along, ids);
    expect(lines.map(({ id }) => id)).toEqual(ids);
    for (const { usdPerMonth } of lines) expect(usdPerMonth).toHaveLength(values.length);
    expect(rows.length).toBeGreaterThan(0);
    expect(current).toBe(workload[along]);
  });

  test('spans whole decades around the current value, within what is valid', () => {
    expect(rangeOf('connections', 20_000)).toEqual([100, 10_000_000]);
    expect(rangeOf('connections', 1)).toEqual([1, 100]);
    expect(rangeOf('clientMessagesPerSecond', 0)).toEqual([0.001, 0.1]);
    expect(rangeOf('subscriptionsPerConnection', 100)).toEqual([1, 100]);
  });

  test('has a line color for every option', () => {
    const styles = readFileSync(join(import.meta.dirname, '../../styles/plan-break-even.css'), 'utf8');
    for (const { id } of OPTIONS) expect(styles).toContain(`.line-swatch.${id} {`);
  });
});
