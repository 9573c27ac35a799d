import { expect, test } from '@jest/globals';
import { DEPLOYED_STAGES } from '../src/deployed.ts';
import { idleItems, idleUsd } from '../src/pages.ts';

test('the stage for trying things out stays below 40 USD a month while nobody uses it, and is the cheapest', () => {
  expect(idleUsd('minimal')).toBeLessThan(40);
  expect(DEPLOYED_STAGES.toSorted((a, b) => idleUsd(a) - idleUsd(b))[0]).toBe('minimal');
});

test('what a stage costs is something for everything that is fixed', () => {
  for (const stage of DEPLOYED_STAGES) {
    expect(idleUsd(stage)).toBeGreaterThan(0);
    expect(idleItems(stage).map(({ id }) => id)).toEqual(expect.arrayContaining(['alarms', 'key']));
  }
});
