import { expect, test } from '@jest/globals';
import { logSteps } from '../src/break-even.ts';
import { limitsAlong } from '../src/limits-along.ts';
import type { Option, OptionId } from '../src/option.ts';
import { OPTIONS } from '../src/options.ts';
import { workloadOf } from '../src/presets.ts';

const [any] = OPTIONS;
if (any === undefined) throw new Error('expected an option');

const figure = { value: 1, unit: 'things', confidence: 'documented', source: 'a test', date: '2026-11-30' } as const;

/** An option that allows so many connections, and takes so long to deliver. */
const limited = (id: OptionId, allowed: number, p99Ms = 1): Option => ({
  ...any,
  id,
  bill: ({ connections }) => ({
    items: [],
    limits: [{ id: 'all', label: 'Connections', unit: 'connections', use: connections, allowed, adjustable: true, figure }],
    shortcomings: [],
    delivery: { p99Ms, from: [] },
  }),
});

const workload = workloadOf('idle-dev');
const values = logSteps(1, 10_000, 20);

test('finds where a limit is met, and names the options that meet it together', () => {
  const options = [limited('poll', 700), limited('broker', 50), limited('sse-lane', 700)];
  expect(limitsAlong(options, workload, 'connections', values)).toEqual([
    { value: expect.closeTo(50, 0), label: 'Connections', adjustable: true, exceeded: 'above', options: ['broker'] },
    { value: expect.closeTo(700, 0), label: 'Connections', adjustable: true, exceeded: 'above', options: ['poll', 'sse-lane'] },
  ]);
});

test('a limit that is met all along, or nowhere, has no place', () => {
  expect(limitsAlong([limited('poll', 0.5), limited('broker', 1_000_000)], workload, 'connections', values)).toEqual([]);
});

test('a delivery that is later than tolerated is a limit too, below what it takes', () => {
  expect(limitsAlong([limited('poll', 1_000, 250)], workload, 'deliverWithinMs', values)).toEqual([
    { value: expect.closeTo(250, 0), label: expect.stringContaining('later'), adjustable: false, exceeded: 'below', options: ['poll'] },
  ]);
});
