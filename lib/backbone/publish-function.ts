import type { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { PUBLISH_DETAIL_TYPE } from '../../backbone/contract.ts';
import { DeadLetterQueue } from '../dead-letter-queue.ts';
import { LaneFunction } from '../lane-function.ts';

export interface PublishFunctionProps {
  readonly logRetention: RetentionDays;
  readonly timeout: Duration;
}

/**
 * The way in for backends: they invoke the function, or put an event of detail type `lanes.publish` on the account's
 * default bus. IAM is their key. What cannot be published from an event ends in a dead-letter queue with an alarm.
 */
export class PublishFunction extends Construct {
  readonly handler: LaneFunction;
  readonly rule: Rule;
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: PublishFunctionProps) {
    super(scope, id);
    this.handler = new LaneFunction(this, 'Handler', {
      entry: 'lambda/backbone/publish.ts',
      description: 'Publishes an event to both lanes',
      logRetention: props.logRetention,
      timeout: props.timeout,
    });
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning: 'An EventBridge event could not be published: the message holds the event, the function log the reason.',
    });
    this.rule = new Rule(this, 'Rule', {
      description: `Publishes every event of detail type ${PUBLISH_DETAIL_TYPE}`,
      eventPattern: { detailType: [PUBLISH_DETAIL_TYPE] },
      targets: [this.handler.eventTarget(this.deadLetters)],
    });
  }
}
