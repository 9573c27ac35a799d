import { describe, expect, test } from '@jest/globals';
import { breakEven } from '../../src/break-even.ts';
import { factsOf, withFigure } from '../../src/facts.ts';
import { OPTIONS, optionOf } from '../../src/options.ts';
import { idleItems } from '../../src/pages.ts';
import { bestFor, plan } from '../../src/plan.ts';
import { workloadOf } from '../../src/presets.ts';
import { billOf } from '../bills.ts';

const FACTS = factsOf('us-east-1');

const recommended = (...workload: Parameters<typeof workloadOf>) => plan(workloadOf(...workload), '2026-11-30').recommendation;

test('a broadcast to many is SSE: a message for each connection costs more than ten times the tasks', () => {
  const workload = workloadOf('live-feed');
  expect(recommended('live-feed')).toMatchObject({ kind: 'recommended', option: 'sse-lane' });
  expect(billOf('websocket-lane', { ...workload, fanOut: 20_000, averageConnections: 20_000 }).usdPerMonth).toBeGreaterThan(
    10 * billOf('sse-lane', { ...workload, fanOut: 20_000, averageConnections: 20_000 }).usdPerMonth,
  );
});

test('a few who chat now and then are cheaper without tasks', () => {
  expect(recommended('chat', { connections: 100 })).toMatchObject({ kind: 'recommended', option: 'websocket-lane' });
  expect(recommended('chat')).toMatchObject({ kind: 'recommended', option: 'sse-lane', runnerUp: 'websocket-lane' });
});

test('along the connections, chat changes from the WebSocket lane to the SSE lane once', () => {
  const crossings = breakEven([optionOf('websocket-lane'), optionOf('sse-lane')], workloadOf('chat'), 'connections', [10, 100_000]);
  expect(crossings).toHaveLength(1);
  expect(crossings[0]).toMatchObject({ cheaperBelow: 'websocket-lane', cheaperAbove: 'sse-lane' });
});

test('behind proxies that pass plain HTTP only, no WebSocket fits', () => {
  const { answers } = plan(workloadOf('dashboard'), '2026-11-30');
  const unfit = answers.filter(({ fits }) => !fits).map(({ option }) => option.id);
  expect(unfit).toEqual(expect.arrayContaining(['websocket-lane', 'websocket-fargate', 'appsync-events', 'iot-core']));
});

describe('an idle stage, both lanes together', () => {
  const usd = (stage: string) => idleItems(stage).reduce((sum, item) => sum + item.usdPerMonth, 0);

  // Estimated apart from the planner: 100 and 215.
  test.each([
    ['dev', 95, 110],
    ['prod', 200, 225],
  ])('%s costs between %d and %d USD a month', (stage, low, high) => {
    expect(usd(stage)).toBeGreaterThan(low);
    expect(usd(stage)).toBeLessThan(high);
  });

  test('counts what both lanes share once', () => {
    const lanes = (['sse-lane', 'websocket-lane'] as const).map((id) => billOf(id, { ...workloadOf('idle-dev') }).usdPerMonth);
    // A key, and the alarms of seven metrics.
    expect(usd('dev')).toBeCloseTo(lanes.reduce((sum, lane) => sum + lane, 0) - 1.7, 6);
  });
});

test('what others built has to save the work that it causes', () => {
  const workload = workloadOf('dashboard', { eventsPerSecond: 8 });
  const services = OPTIONS.filter(({ status }) => status === 'service').map(({ id }) => id);
  expect(services).toContain(bestFor(workload, withFigure(FACTS, 'integrationUsdPerMonth', 0)));
  expect(services).not.toContain(bestFor(workload, FACTS));
});
