import { ACCOUNT } from '../assembly/resource-types.ts';
import { type Input, type Permission, type Permissions, text } from '../iam/permission.ts';

/** ARN of the customer-managed key that encrypts a topic; undefined if there is none. */
export type KeyOfTopic = (topicArn: string) => string | undefined;

/**
 * What the operations of SNS need. Publishing to an encrypted topic needs the publisher's permissions on its
 * key.
 */
export function topicPermissions(region: string, keyOf: KeyOfTopic): Permissions {
  const on = (action: string, resource: string): Permission => ({ action, resource });
  const onTopic = (action: string) => (input: Input) => [on(action, text(input, 'TopicArn'))];
  // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
  const publish = (input: Input) => {
    const key = keyOf(text(input, 'TopicArn'));
    const encrypt = key === undefined ? [] : [on('kms:GenerateDataKey', key), on('kms:Decrypt', key)];
    return [...onTopic('sns:Publish')(input), ...encrypt];
  };
  return {
    CreateTopic: (input) => [on('sns:CreateTopic', `arn:aws:sns:${region}:${ACCOUNT}:${text(input, 'Name')}`)],
    Publish: publish,
    PublishBatch: publish,
    Subscribe: (input) => [
      {
        action: 'sns:Subscribe',
        resource: text(input, 'TopicArn'),
        context: { 'sns:Protocol': [text(input, 'Protocol')], 'sns:Endpoint': [text(input, 'Endpoint')] },
      },
    ],
    // The ARN of a subscription is that of its topic, followed by a colon and an id.
    Unsubscribe: (input) => [on('sns:Unsubscribe', text(input, 'SubscriptionArn').split(':').slice(0, 6).join(':'))],
    ListSubscriptionsByTopic: onTopic('sns:ListSubscriptionsByTopic'),
    GetTopicAttributes: onTopic('sns:GetTopicAttributes'),
  };
}
