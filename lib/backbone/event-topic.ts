import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { PUBLISH_ENV } from '../../backbone/contract.ts';
import { publishSettings, type Settings } from '../../backbone/settings.ts';
import { EncryptedTopic } from '../encrypted-topic.ts';
import type { Configurable } from '../lane-function.ts';

export interface EventTopicProps extends Settings<typeof publishSettings> {
  /** Keep the key when it leaves the stack. */
  readonly production: boolean;
}

/** The topic that tells both lanes that an event exists. */
export class EventTopic extends EncryptedTopic {
  private readonly props: EventTopicProps;

  constructor(scope: Construct, id: string, props: EventTopicProps) {
    super(scope, id, { description: 'Encrypts notifications of events while SNS holds them', production: props.production });
    this.props = props;
  }

  /** Lets a publisher notify the lanes, and tells it where. */
  allowPublish(publisher: Configurable): Grant {
    publisher.addEnvironment(PUBLISH_ENV.topicArn, this.topic.topicArn);
    publisher.settings.add(publishSettings, this.props);
    const notify = Grant.addToPrincipal({ grantee: publisher, actions: ['sns:Publish'], resourceArns: [this.topic.topicArn] });
    // SNS encrypts with the publisher's rights.
    const encrypt = Grant.addToPrincipal({
      grantee: publisher,
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      resourceArns: [this.key.keyArn],
    });
    return notify.combine(encrypt);
  }

  /**
   * Lets a task subscribe its own queue and take the subscription back, and tells it where.
   *
   * @param queueArnPattern what it may subscribe: no other queue, and nothing that is no queue
   */
  allowSubscribe(subscriber: Configurable, queueArnPattern: string): Grant {
    subscriber.addEnvironment(PUBLISH_ENV.topicArn, this.topic.topicArn);
    const subscribe = Grant.addToPrincipal({
      grantee: subscriber,
      actions: ['sns:Subscribe'],
      resourceArns: [this.topic.topicArn],
      conditions: { StringEquals: { 'sns:Protocol': 'sqs' }, StringLike: { 'sns:Endpoint': queueArnPattern } },
    });
    return subscribe.combine(this.grant(subscriber, 'sns:Unsubscribe'));
  }

  /** Lets a cleaner find and remove the subscriptions of others, and tells it where. */
  allowUnsubscribe(cleaner: Configurable): Grant {
    cleaner.addEnvironment(PUBLISH_ENV.topicArn, this.topic.topicArn);
    return this.grant(cleaner, 'sns:ListSubscriptionsByTopic', 'sns:Unsubscribe');
  }

  private grant(grantee: Configurable, ...actions: string[]): Grant {
    return Grant.addToPrincipal({ grantee, actions, resourceArns: [this.topic.topicArn] });
  }
}
