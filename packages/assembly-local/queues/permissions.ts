import { ACCOUNT } from '../assembly/resource-types.ts';
import { type Input, type Permission, type Permissions, text } from '../iam/permission.ts';

/** What the operations of SQS need. A batch needs what its entries need; SQS has no actions for batches. */
export function queuePermissions(region: string): Permissions {
  const arn = (name: string) => `arn:aws:sqs:${region}:${ACCOUNT}:${name}`;
  const onQueue = (action: string) => (input: Input) => [{ action, resource: arn(text(input, 'QueueUrl').split('/').at(-1) ?? '') }];
  const named = (action: string, input: Input): Permission => ({ action, resource: arn(text(input, 'QueueName')) });
  return {
    CreateQueue: (input) => [
      named('sqs:CreateQueue', input),
      ...(Object.keys((input['tags'] as object | undefined) ?? {}).length > 0 ? [named('sqs:TagQueue', input)] : []),
    ],
    GetQueueUrl: (input) => [named('sqs:GetQueueUrl', input)],
    ListQueues: () => [{ action: 'sqs:ListQueues', resource: '*' }],
    DeleteQueue: onQueue('sqs:DeleteQueue'),
    PurgeQueue: onQueue('sqs:PurgeQueue'),
    GetQueueAttributes: onQueue('sqs:GetQueueAttributes'),
    SetQueueAttributes: onQueue('sqs:SetQueueAttributes'),
    TagQueue: onQueue('sqs:TagQueue'),
    UntagQueue: onQueue('sqs:UntagQueue'),
    ListQueueTags: onQueue('sqs:ListQueueTags'),
    SendMessage: onQueue('sqs:SendMessage'),
    SendMessageBatch: onQueue('sqs:SendMessage'),
    ReceiveMessage: onQueue('sqs:ReceiveMessage'),
    DeleteMessage: onQueue('sqs:DeleteMessage'),
    DeleteMessageBatch: onQueue('sqs:DeleteMessage'),
    ChangeMessageVisibility: onQueue('sqs:ChangeMessageVisibility'),
    ChangeMessageVisibilityBatch: onQueue('sqs:ChangeMessageVisibility'),
  };
}
