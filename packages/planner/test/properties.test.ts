import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEPLOYED_STAGES } from '../src/deployed.ts';
import { factsOf } from '../src/facts.ts';
import { OPTIONS } from '../src/options.ts';
import { answerOf } from '../src/plan.ts';
import { PRESET_IDS, parseWorkload, type Workload } from '../src/workload.ts';

const workloads = fc
  .record({
    preset: fc.constantFrom(...PRESET_IDS),
    connections: fc.integer({ min: 1, max: 2_000_000 }),
    averagePart: fc.double({ min: 0, max: 1, noNaN: true }),
    fanOutPart: fc.double({ min: 0, max: 1, noNaN: true }),
    subscriptionsPerConnection: fc.integer({ min: 1, max: 100 }),
    eventsPerSecond: fc.double({ min: 0, max: 10_000, noNaN: true }),
    eventsPerPublication: fc.integer({ min: 1, max: 100 }),
    eventBytes: fc.integer({ min: 1, max: 300_000 }),
    clientMessagesPerSecond: fc.double({ min: 0, max: 20, noNaN: true }),
    clientMessageBytes: fc.integer({ min: 1, max: 100_000 }),
    reconnectsPerDay: fc.double({ min: 0, max: 1_000, noNaN: true }),
    hoursPerMonth: fc.integer({ min: 1, max: 744 }),
    pollIntervalSeconds: fc.integer({ min: 1, max: 3_600 }),
    deliverWithinMs: fc.integer({ min: 1, max: 60_000 }),
    binary: fc.boolean(),
    subProtocol: fc.boolean(),
    resume: fc.boolean(),
    strictProxies: fc.boolean(),
    stage: fc.constantFrom(...DEPLOYED_STAGES),
  })
  .map(({ averagePart, fanOutPart, ...rest }): Workload => {
    const averageConnections = rest.connections * averagePart;
    return parseWorkload({ ...rest, averageConnections, fanOut: rest.connections * fanOutPart, region: 'us-east-1' });
  });

/** Above the noise of sums in floating point. */
const noLess = (more: number, less: number) => more >= less * (1 - 1e-9) - 1e-9;

describe.each(OPTIONS)('$id', (option) => {
  const usd = (workload: Workload) => answerOf(option, workload, factsOf(workload.region)).usdPerMonth;
  const factors = fc.double({ min: 1, max: 20, noNaN: true });

  test('fixed and growing parts are the total, and no item is below nothing', () => {
    fc.assert(
      fc.property(workloads, (workload) => {
        const answer = answerOf(option, workload, factsOf(workload.region));
        const sum = answer.items.reduce((total, item) => total + item.usdPerMonth, 0);
        expect(answer.fixedUsdPerMonth + answer.growingUsdPerMonth).toBeCloseTo(answer.usdPerMonth, 6);
        expect(answer.usdPerMonth / Math.max(1, sum)).toBeCloseTo(sum / Math.max(1, sum), 9);
        expect(answer.items.filter(({ usdPerMonth }) => !(usdPerMonth >= -1e-6))).toEqual([]);
      }),
    );
  });

  test('more connections never cost less', () => {
    fc.assert(
      fc.property(workloads, factors, (workload, factor) => {
        const more = { ...workload, connections: workload.connections * factor, averageConnections: workload.averageConnections * factor };
        expect(noLess(usd(more), usd(workload))).toBe(true);
      }),
    );
  });

  test('more events never cost less', () => {
    fc.assert(
      fc.property(workloads, factors, (workload, factor) => {
        expect(noLess(usd({ ...workload, eventsPerSecond: workload.eventsPerSecond * factor }), usd(workload))).toBe(true);
      }),
    );
  });

  test('what is published together never costs more', () => {
    fc.assert(
      fc.property(workloads, (workload) => {
        expect(noLess(usd({ ...workload, eventsPerPublication: 1 }), usd(workload))).toBe(true);
      }),
    );
  });

  test('larger events never cost less', () => {
    fc.assert(
      fc.property(workloads, factors, (workload, factor) => {
        expect(noLess(usd({ ...workload, eventBytes: workload.eventBytes * factor }), usd(workload))).toBe(true);
      }),
    );
  });

  test('the fixed part does not depend on who connects', () => {
    fc.assert(
      fc.property(workloads, (workload) => {
        const fixed = (of: Workload) => answerOf(option, of, factsOf(of.region)).fixedUsdPerMonth;
        const empty = { ...workload, connections: 1, averageConnections: 1, eventsPerSecond: 0, clientMessagesPerSecond: 0 };
        // Metrics of functions count as growing as soon as something calls them.
        expect(fixed({ ...workload, averageConnections: Math.max(1, workload.averageConnections) })).toBeCloseTo(fixed(empty), 6);
      }),
    );
  });
});
