import { describe, expect, test } from '@jest/globals';
import { EventTopic } from '../../../lib/backbone/event-topic.ts';
import { TaskQueues } from '../../../lib/sse/task-queues.ts';
import { testStack } from '../harness.ts';

function prefixIn(stackName: string): string {
  const stack = testStack(stackName);
  const topic = new EventTopic(stack, 'Topic', { publishTimeoutMs: 1_000, production: false });
  return new TaskQueues(stack, 'Queues', { topic }).prefix;
}

describe('the prefix of task queues', () => {
  test('is the name of the stack, so that two deployments in one account stay apart', () => {
    expect(prefixIn('LanesDevSse')).toBe('LanesDevSse_');
  });

  test('is no start of the prefix of a stack whose name goes on', () => {
    expect(prefixIn('LanesDevSse-Second').startsWith(prefixIn('LanesDevSse'))).toBe(false);
  });

  test('leaves room for a task id of 32 characters in a name of 80', () => {
    expect(prefixIn('S'.repeat(47))).toHaveLength(80 - 32);
    expect(() => prefixIn('S'.repeat(48))).toThrow(/S{48} is too long.*49 \+ 32 characters.*80/);
  });
});
