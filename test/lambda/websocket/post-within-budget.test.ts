import { beforeEach, expect, test } from '@jest/globals';
import type { PostOutcome } from '../../../lambda/websocket/ports.ts';
import { postWithinBudget } from '../../../lambda/websocket/post-within-budget.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { runToEnd } from './support/run-to-end.ts';

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

/** Runs against the outcomes, the last of which repeats; answers what came out and when each try was made. */
async function run(outcomes: readonly PostOutcome[], options: { tries?: number; budgetMs?: number; random?: number } = {}) {
  const startMs = clock.nowMs();
  const triedAtMs: number[] = [];
  const post = async (): Promise<PostOutcome> => {
    triedAtMs.push(clock.nowMs() - startMs);
    return outcomes[Math.min(triedAtMs.length, outcomes.length) - 1] ?? { kind: 'sent' };
  };
  const budget = { tries: options.tries ?? 4, deadlineMs: startMs + (options.budgetMs ?? 60_000) };
  const outcome = await runToEnd(clock, postWithinBudget(post, budget, { clock, random: () => options.random ?? 1 }));
  return { outcome, triedAtMs };
}

test.each<PostOutcome>([{ kind: 'sent' }, { kind: 'gone' }, { kind: 'refused', reason: '413' }])('$kind is final', async (outcome) => {
  expect(await run([outcome])).toEqual({ outcome, triedAtMs: [0] });
});

test.each<PostOutcome>([{ kind: 'throttled' }, { kind: 'unavailable', reason: '500' }])('$kind is tried again', async (outcome) => {
  expect(await run([outcome, { kind: 'sent' }])).toMatchObject({ outcome: { kind: 'sent' }, triedAtMs: [0, 200] });
});

test('the waits double', async () => {
  expect((await run([{ kind: 'throttled' }])).triedAtMs).toEqual([0, 200, 600, 1400]);
});

test('jitter removes up to half of a wait', async () => {
  expect((await run([{ kind: 'throttled' }], { random: 0 })).triedAtMs).toEqual([0, 100, 300, 700]);
});

test('gives up after the attempts of the budget', async () => {
  expect(await run([{ kind: 'throttled' }], { tries: 2 })).toEqual({ outcome: { kind: 'throttled' }, triedAtMs: [0, 200] });
});

test('begins no wait that would end past the deadline', async () => {
  expect(await run([{ kind: 'throttled' }], { budgetMs: 600 })).toEqual({ outcome: { kind: 'throttled' }, triedAtMs: [0, 200] });
});
