import { expect, test } from '@jest/globals';
import { loadTargets } from './targets.ts';
import { tryInputs } from './try-inputs.ts';

/** A look at each entrance; `npm run fuzz` tries for as long as it is told to. */
const INPUTS = 300;

test('every entrance withstands hostile input', async () => {
  const targets = await loadTargets();
  expect(targets.length).toBeGreaterThan(1);
  for (const target of targets) {
    const inputs = await tryInputs(target, { seed: 1, isOver: (tried) => tried >= INPUTS });
    expect([target.name, inputs]).toEqual([target.name, INPUTS]);
  }
}, 120_000);
