import { describe, expect, test } from '@jest/globals';
import { leavingTaskId, stoppedTaskId, UnexpectedTaskEventError } from '../../../lambda/sse/task-events.ts';

const detail = { taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/lanes/0af3', lastStatus: 'STOPPED', desiredStatus: 'STOPPED' };
const event = { source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail };

test('the task id is the last segment of the ARN', () => {
  expect(stoppedTaskId(event)).toBe('0af3');
});

test('the old form of the ARN, without the cluster, is accepted', () => {
  expect(stoppedTaskId({ ...event, detail: { ...detail, taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/0af3' } })).toBe('0af3');
});

test.each([
  ['a task that still stops', { ...event, detail: { ...detail, lastStatus: 'DEACTIVATING' } }, 'DEACTIVATING'],
  ['an ARN of something else', { ...event, detail: { ...detail, taskArn: 'arn:aws:ecs:eu-west-1:123456789012:service/x' } }, 'service/x'],
  ['another event', { ...event, 'detail-type': 'ECS Service Action' }, 'ECS Service Action'],
  ['no event', undefined, 'undefined'],
])('%s is refused, so that no queue in use is removed', (_, wrong, named) => {
  expect(() => stoppedTaskId(wrong)).toThrow(UnexpectedTaskEventError);
  expect(() => stoppedTaskId(wrong)).toThrow(named);
});

describe('a task that is to stop', () => {
  const leaving = { ...event, detail: { ...detail, lastStatus: 'DEACTIVATING' } };

  test.each(['RUNNING', 'DEACTIVATING'])('is told so while its status is %s', (lastStatus) => {
    expect(leavingTaskId({ ...leaving, detail: { ...detail, lastStatus } })).toBe('0af3');
  });

  test.each([
    ['a task that has stopped', event, 'STOPPED'],
    ['a task that got SIGTERM', { ...leaving, detail: { ...detail, lastStatus: 'STOPPING' } }, 'STOPPING'],
    ['a task that stays', { ...leaving, detail: { ...leaving.detail, desiredStatus: 'RUNNING' } }, 'RUNNING'],
    ['an ARN of something else', { ...leaving, detail: { ...leaving.detail, taskArn: 'arn:aws:ecs:eu-west-1:1:service/x' } }, 'service/x'],
    ['another event', { ...leaving, 'detail-type': 'ECS Service Action' }, 'ECS Service Action'],
    ['no event', undefined, 'undefined'],
  ])('is not %s', (_, wrong, named) => {
    expect(() => leavingTaskId(wrong)).toThrow(UnexpectedTaskEventError);
    expect(() => leavingTaskId(wrong)).toThrow(named);
  });
});
