import { describe, expect, test } from '@jest/globals';
import { breakEven, logSteps } from '../src/break-even.ts';
import type { Option, OptionId } from '../src/option.ts';
import { OPTIONS } from '../src/options.ts';
import { workloadOf } from '../src/presets.ts';

const [any] = OPTIONS;
if (any === undefined) throw new Error('expected an option');

/** An option with a price of its own. */
const priced = (id: OptionId, usd: (connections: number) => number): Option => ({
  ...any,
  id,
  bill: ({ connections }) => ({
    items: [
      {
        id: 'all',
        label: 'All',
        quantity: 1,
        unit: 'bill',
        price: { value: 1, unit: 'USD', confidence: 'documented', source: 'a test', date: '2026-11-30' },
        usdPerMonth: usd(connections),
        kind: 'growing',
        overlooked: false,
        from: [],
      },
    ],
    limits: [],
    shortcomings: [],
    delivery: { p99Ms: 1, from: [] },
  }),
});

const along = (a: Option, b: Option) => breakEven([a, b], workloadOf('chat'), 'connections', [1, 1_000_000]);

describe('two options', () => {
  test('change places where they cost the same', () => {
    const [crossing, ...more] = along(
      priced('sse-lane', () => 200),
      priced('websocket-lane', (connections) => connections / 10),
    );
    expect(more).toEqual([]);
    expect(crossing?.value).toBeCloseTo(2_000, 3);
    expect(crossing).toMatchObject({ cheaperBelow: 'websocket-lane', cheaperAbove: 'sse-lane' });
  });

  test('may do so several times', () => {
    // Steps of tasks against a line.
    const steps = priced('sse-lane', (connections) => 100 * Math.ceil(connections / 10_000));
    const line = priced('websocket-lane', (connections) => connections / 80);
    expect(along(steps, line).map(({ value }) => Math.round(value))).toEqual([8_000, 10_001, 16_000, 20_001, 24_000, 30_001, 32_000]);
  });

  test('or never', () => {
    expect(
      along(
        priced('sse-lane', () => 1),
        priced('websocket-lane', () => 2),
      ),
    ).toEqual([]);
  });
});

test('steps are even on a log scale, ends included', () => {
  expect(logSteps(1, 1_000, 4).map(Math.round)).toEqual([1, 10, 100, 1_000]);
});
