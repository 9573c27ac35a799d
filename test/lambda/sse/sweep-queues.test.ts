import { expect, test } from '@jest/globals';
import { SweepIncompleteError, sweepQueues, type TaskQueueInfo } from '../../../lambda/sse/sweep-queues.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { recordTelemetry } from '../support/recorded-telemetry.ts';

const MINUTE_MS = 60_000;

/** Sweeps queues of the given ages, by task id, while the tasks live; answers what was removed and what was said. */
async function sweep(agesMs: Readonly<Record<string, number>>, living: readonly string[], failing: readonly string[] = []) {
  const clock = new ManualClock();
  const { telemetry, lines } = recordTelemetry('sse');
  const removed: string[] = [];
  const queues = Object.entries(agesMs).map(
    ([taskId, ageMs]): TaskQueueInfo => ({ queueName: `lanes-${taskId}`, taskId, createdAtMs: clock.nowMs() - ageMs }),
  );
  const error = await sweepQueues(
    {
      listQueues: async () => queues,
      listTaskIds: async () => new Set(living),
      removeQueue: async (queueName) => {
        if (failing.includes(queueName)) throw new Error('denied');
        removed.push(queueName);
      },
      clock,
    },
    telemetry,
  ).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { removed, error, lines };
}

test('the queue of a stopped task is removed', async () => {
  expect((await sweep({ a: 60 * MINUTE_MS }, [])).removed).toEqual(['lanes-a']);
});

test('the queue of a running task stays', async () => {
  expect((await sweep({ a: 60 * MINUTE_MS, b: 60 * MINUTE_MS }, ['a'])).removed).toEqual(['lanes-b']);
});

test('a queue younger than ten minutes stays, because its task may not be listed yet', async () => {
  expect((await sweep({ a: 10 * MINUTE_MS - 1, b: 10 * MINUTE_MS }, [])).removed).toEqual(['lanes-b']);
});

test.each([
  [0, {}],
  [2, { a: 60 * MINUTE_MS, b: 60 * MINUTE_MS }],
])('%d orphans are counted', async (count, ages) => {
  expect((await sweep(ages, [])).lines).toContainEqual(expect.objectContaining({ Orphans: count }));
});

test('a queue that cannot be removed does not keep the others from being removed', async () => {
  const { removed, error } = await sweep({ a: 60 * MINUTE_MS, b: 60 * MINUTE_MS }, [], ['lanes-a']);
  expect(removed).toEqual(['lanes-b']);
  expect(error).toBeInstanceOf(SweepIncompleteError);
});

test('tasks are listed after queues, so that a task that creates its queue in between is among them', async () => {
  const calls: string[] = [];
  await sweepQueues(
    {
      listQueues: async () => {
        calls.push('queues');
        return [];
      },
      listTaskIds: async () => {
        calls.push('tasks');
        return new Set();
      },
      removeQueue: async () => undefined,
      clock: new ManualClock(),
    },
    recordTelemetry('sse').telemetry,
  );
  expect(calls).toEqual(['queues', 'tasks']);
});
