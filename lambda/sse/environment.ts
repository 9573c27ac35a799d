import { PUBLISH_ENV } from '../../backbone/contract.ts';
import { text } from '../../backbone/environment.ts';
import { TASK_QUEUE_ENV } from '../../fargate/sse/contract.ts';

export const taskQueuePrefixEntries = { [TASK_QUEUE_ENV.queuePrefix]: text } as const;

export const taskQueueEntries = { [PUBLISH_ENV.topicArn]: text, ...taskQueuePrefixEntries } as const;

export const clusterEntries = { [TASK_QUEUE_ENV.clusterArn]: text } as const;
