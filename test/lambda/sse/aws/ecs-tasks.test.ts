import { ECSClient } from '@aws-sdk/client-ecs';
import { expect, test } from '@jest/globals';
import { listRunningTaskIds } from '../../../../lambda/sse/aws/ecs-tasks.ts';
import { type AwsResponse, startAwsStub } from '../../../support/aws-stub.ts';

const arn = (taskId: string) => `arn:aws:ecs:us-east-1:111122223333:task/cluster/${taskId}`;

test('tasks count until they have stopped: starting, running and draining', async () => {
  const stub = await startAwsStub(({ action, input }): AwsResponse => {
    if (action === 'DescribeTasks') {
      return {
        body: {
          tasks: [
            { taskArn: arn('draining'), lastStatus: 'DEACTIVATING' },
            { taskArn: arn('stopped'), lastStatus: 'STOPPED' },
          ],
        },
      };
    }
    if (input['desiredStatus'] === 'STOPPED') return { body: { taskArns: [arn('draining'), arn('stopped')] } };
    return input['nextToken'] === undefined ? { body: { taskArns: [arn('one')], nextToken: 'p2' } } : { body: { taskArns: [arn('two')] } };
  });
  const ecs = new ECSClient(stub.clientOptions);
  expect(await listRunningTaskIds({ ecs, clusterArn: 'cluster' })).toEqual(new Set(['one', 'two', 'draining']));
  expect(stub.only('DescribeTasks').input).toMatchObject({ cluster: 'cluster', tasks: [arn('draining'), arn('stopped')] });
  ecs.destroy();
  await stub.stop();
});
