import { afterAll, beforeAll } from '@jest/globals';
import { PUBLISH_ENV, TELEMETRY_ENV } from '../../../backbone/contract.ts';
import { TASK_QUEUE_ENV } from '../../../fargate/sse/contract.ts';
import { type Entry, type EntryWorld, entryContract, startEntryWorld } from '../support/entry-world.ts';

const ENTRIES: readonly Entry[] = [
  { file: 'lambda/sse/task-stopped.ts', keys: [PUBLISH_ENV.topicArn, TASK_QUEUE_ENV.queuePrefix] },
  { file: 'lambda/sse/task-leaving.ts', keys: [TASK_QUEUE_ENV.queuePrefix] },
  {
    file: 'lambda/sse/sweep.ts',
    keys: [TELEMETRY_ENV.stack, PUBLISH_ENV.topicArn, TASK_QUEUE_ENV.queuePrefix, TASK_QUEUE_ENV.clusterArn],
  },
];

let world: EntryWorld;

beforeAll(async () => {
  world = await startEntryWorld(ENTRIES.map(({ file }) => file));
  Object.assign(world.env, {
    [TASK_QUEUE_ENV.queuePrefix]: 'lanes-',
    [TASK_QUEUE_ENV.clusterArn]: 'arn:aws:ecs:us-east-1:123456789012:cluster/lanes',
  });
});

afterAll(() => world.stop());

entryContract(ENTRIES, () => world);
