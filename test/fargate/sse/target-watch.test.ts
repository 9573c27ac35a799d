import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, test } from '@jest/globals';
import { createElbTargetHealth } from '../../../fargate/sse/aws/elb-target-health.ts';
import type { TargetState } from '../../../fargate/sse/ports.ts';
import { watchTarget } from '../../../fargate/sse/target-watch.ts';
import { startAwsStub } from '../../support/aws-stub.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silentLogger } from './support/hub-world.ts';
import { idle, until } from './support/until.ts';

const INTERVAL_MS = 5_000;

/** As the watch has it. */
const ANNOUNCED_INTERVAL_MS = 2_000;

const describeTargetHealth = (state: string): string =>
  `<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetHealthResult>
    <TargetHealthDescriptions><member><Target><Id>10.0.1.7</Id><Port>8080</Port></Target><TargetHealth><State>${state}</State>
    ${state === 'unused' ? '<Reason>Target.NotRegistered</Reason>' : ''}</TargetHealth></member></TargetHealthDescriptions>
    </DescribeTargetHealthResult></DescribeTargetHealthResponse>`;

type Look = TargetState | Error;

/** Watches a target that shows these states one after the other, and the last one from then on. */
function watch(looks: readonly Look[], random = 1) {
  const clock = new ManualClock();
  const startMs = clock.nowMs();
  const stop = new AbortController();
  const announcing = new AbortController();
  const warnings: string[] = [];
  const lookedAtMs: number[] = [];
  const health = {
    state: async () => {
      const look = looks[Math.min(lookedAtMs.length, looks.length - 1)] as Look;
      lookedAtMs.push(clock.nowMs() - startMs);
      if (look instanceof Error) throw look;
      return look;
    },
  };
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
  const outcome = watchTarget(
    { health, announced: announcing.signal, clock, logger, intervalMs: INTERVAL_MS, random: () => random },
    stop.signal,
  );
  return { clock, stop, announce: () => announcing.abort(), outcome, warnings, lookedAtMs };
}

async function looksWithin(ms: number, looks: readonly Look[], random?: number): Promise<readonly number[]> {
  const { clock, stop, outcome, lookedAtMs } = watch(looks, random);
  await until(() => clock.sleeping === 1);
  await clock.advance(ms);
  await idle();
  stop.abort();
  await outcome;
  return lookedAtMs;
}

test('a target that drains is leaving', async () => {
  const { clock, outcome } = watch(['unregistered', 'registered', 'registered', 'draining']);
  await until(() => clock.sleeping === 1);
  await clock.advance(3 * INTERVAL_MS);
  expect(await outcome).toBe('leaving');
});

test('a target that is not registered yet is not leaving, one that is no longer registered is', async () => {
  const { clock, outcome, lookedAtMs } = watch(['unregistered', 'unregistered', 'registered', 'unregistered']);
  await until(() => clock.sleeping === 1);
  await clock.advance(3 * INTERVAL_MS);
  expect(await outcome).toBe('leaving');
  expect(lookedAtMs).toHaveLength(4);
});

test('a task in one of two target groups leaves when that one drains it, and not because the other does not know it', async () => {
  const groups = ['unused', 'healthy'];
  const asked: string[] = [];
  const stub = await startAwsStub(({ input }) => {
    const index = Number(input['TargetGroupArn']);
    asked.push(String(index));
    return { body: describeTargetHealth(groups[index] ?? '') };
  });
  const clock = new ManualClock();
  const health = createElbTargetHealth({
    client: new ElasticLoadBalancingV2Client(stub.clientOptions),
    targetGroupArns: ['0', '1'],
    target: { address: '10.0.1.7', port: 8080 },
  });
  const announced = new AbortController().signal;
  const outcome = watchTarget({ health, announced, clock, logger: silentLogger, intervalMs: INTERVAL_MS }, new AbortController().signal);
  await until(() => clock.sleeping === 1);
  expect(asked.toSorted()).toEqual(['0', '1']);
  groups[1] = 'draining';
  await clock.advance(INTERVAL_MS);
  expect(await outcome).toBe('leaving');
  await stub.stop();
});

test('the watch ends with its signal, also while it waits', async () => {
  const { clock, stop, outcome } = watch(['registered']);
  await until(() => clock.sleeping === 1);
  stop.abort();
  expect(await outcome).toBe('stopped');
  expect(clock.sleeping).toBe(0);
});

test.each([
  [1, [0, 5_000, 10_000, 15_000]],
  [0, [0, 2_500, 5_000, 7_500, 10_000, 12_500, 15_000]],
])('checks are a random part of the interval apart, never more (random %d)', async (random, expected) => {
  expect(await looksWithin(15_000, ['registered'], random)).toEqual(expected);
});

test('failing checks become less frequent, up to a limit, and normal again once they succeed', async () => {
  const failed = new Error('Rate exceeded');
  const looks = [failed, failed, failed, failed, failed, 'registered'] as const;
  // 2, 4, 8, 8, 8 intervals, then 1 and 1.
  expect(await looksWithin(32 * INTERVAL_MS, looks)).toEqual([0, 2, 6, 14, 22, 30, 31, 32].map((intervals) => intervals * INTERVAL_MS));
});

test('consecutive failing checks are one log line', async () => {
  const failed = new Error('Rate exceeded');
  const { clock, outcome, warnings } = watch([failed, failed, 'registered', failed, 'draining']);
  await until(() => clock.sleeping === 1);
  await clock.advance(20 * INTERVAL_MS);
  await outcome;
  expect(warnings).toHaveLength(2);
});

describe('an announced end', () => {
  test('is looked for at once, in the middle of a wait', async () => {
    const { clock, announce, outcome, lookedAtMs } = watch(['registered', 'draining']);
    await until(() => clock.sleeping === 1);
    announce();
    expect(await outcome).toBe('leaving');
    expect(lookedAtMs).toEqual([0, 0]);
  });

  test('is not believed before the load balancer drains the target, which is then looked at often', async () => {
    const { clock, announce, outcome, lookedAtMs } = watch(['registered', 'registered', 'registered', 'draining']);
    await until(() => clock.sleeping === 1);
    announce();
    await until(() => lookedAtMs.length === 2 && clock.sleeping === 1);
    await clock.advance(2 * ANNOUNCED_INTERVAL_MS);
    expect(await outcome).toBe('leaving');
    expect(lookedAtMs).toEqual([0, 0, ANNOUNCED_INTERVAL_MS, 2 * ANNOUNCED_INTERVAL_MS]);
  });

  test('of a target that was never seen registered has come when it is not registered', async () => {
    const { clock, announce, outcome } = watch(['unregistered']);
    await until(() => clock.sleeping === 1);
    announce();
    expect(await outcome).toBe('leaving');
  });

  test('is believed when the target health cannot be seen', async () => {
    const { clock, announce, outcome, warnings } = watch(['registered', new Error('Rate exceeded')]);
    await until(() => clock.sleeping === 1);
    announce();
    expect(await outcome).toBe('leaving');
    expect(warnings).toHaveLength(1);
  });

  test('ends the long wait after failing checks', async () => {
    const failed = new Error('Rate exceeded');
    const { clock, announce, outcome, lookedAtMs } = watch([failed, failed, 'draining']);
    await until(() => clock.sleeping === 1);
    await clock.advance(2 * INTERVAL_MS);
    await until(() => lookedAtMs.length === 2 && clock.sleeping === 1);
    announce();
    expect(await outcome).toBe('leaving');
    expect(lookedAtMs).toEqual([0, 2 * INTERVAL_MS, 2 * INTERVAL_MS]);
  });

  test('is not waited for once the task stops', async () => {
    const { clock, announce, stop, outcome, lookedAtMs } = watch(['registered']);
    await until(() => clock.sleeping === 1);
    announce();
    await until(() => lookedAtMs.length === 2 && clock.sleeping === 1);
    stop.abort();
    expect(await outcome).toBe('stopped');
    expect(clock.sleeping).toBe(0);
  });
});
