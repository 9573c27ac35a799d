import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, Grant, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { PUBLISH_ENV } from '../../backbone/contract.ts';
import type { Configurable } from '../lane-function.ts';

export interface EventTopicProps {
  /** A publisher gives up a position that it has not written by then. */
  readonly publishTimeout: Duration;
  /** Keep the key when it leaves the stack. */
  readonly production: boolean;
}

/** The topic that tells both lanes that an event exists. It takes calls over TLS only and is encrypted with its own key. */
export class EventTopic extends Construct {
  readonly key: Key;
  readonly topic: Topic;
  private readonly environment: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: EventTopicProps) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'Encrypts notifications of events while SNS holds them',
      enableKeyRotation: true,
      removalPolicy: props.production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    // Who may use the key cannot hand that on: only AWS services make grants, for resources that they encrypt.
    this.key.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['kms:CreateGrant'],
        resources: ['*'],
        conditions: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'false', 'aws:PrincipalIsAWSService': 'false' } },
      }),
    );
    this.topic = new Topic(this, 'Topic', { masterKey: this.key, enforceSSL: true });
    this.environment = {
      [PUBLISH_ENV.topicArn]: this.topic.topicArn,
      [PUBLISH_ENV.publishTimeoutMs]: String(props.publishTimeout.toMilliseconds()),
    };
  }

  /** Lets a publisher notify the lanes, and tells it where. */
  allowPublish(publisher: Configurable): Grant {
    for (const [key, value] of Object.entries(this.environment)) publisher.addEnvironment(key, value);
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
