import { expect, test } from '@jest/globals';
import { factsOf } from '../src/facts.ts';
import { kindCosts, renderKindCosts } from '../src/kinds.ts';
import { cents } from './bills.ts';

/* Worked by hand for a million events of 300 bytes, of which a write unit is enough. */

const FACTS = factsOf('us-east-1');

const costOf = (label: string) => {
  const found = kindCosts(FACTS).find((cost) => cost.label.startsWith(label));
  if (found === undefined) throw new Error(`there is no ${label}`);
  return found;
};

test('durable events: two writes each at 0.625 per million, 0.0005 GB-months of 500 bytes for 72 of 730 h at 0.25 and 0.20', () => {
  const kept = 1e6 * 500e-9 * (72 / 730) * 0.45;
  expect(costOf('`durable`').log).toBeCloseTo(1.25 + kept, 9);
  expect(costOf('`durable`, in batches of 10').log).toBeCloseTo(0.625 * 1.1 + kept, 9);
  expect(costOf('`durable`, in batches of 100').log).toBeCloseTo(0.625 * 1.01 + kept, 9);
});

test('the topic: one publish at 0.50 per million, for as many events as a batch has', () => {
  expect(cents(costOf('`durable`').topic)).toBe(0.5);
  expect(cents(costOf('`durable`, in batches of 10').topic)).toBe(0.05);
});

test('a write for each event of a latest channel, none for an ephemeral one, and two for a member who comes and goes', () => {
  expect([costOf('`latest`').log, costOf('`ephemeral`').log, costOf('presence').log]).toEqual([0.625, 0, 1.25]);
});

test('what is announced costs the same on its way, whatever its kind', () => {
  const { topic, lanes } = costOf('`durable`');
  for (const kind of ['`latest`', '`ephemeral`']) expect(costOf(kind)).toMatchObject({ topic, lanes });
});

test('every row of the table has a total', () => {
  const rows = renderKindCosts(FACTS).split('\n').slice(4);
  expect(rows).toHaveLength(kindCosts(FACTS).length);
  for (const row of rows) expect(row).toMatch(/ \*\*\d+\.\d\d\*\* \|$/);
});
