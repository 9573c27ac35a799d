import { type Duration, Stack } from 'aws-cdk-lib';
import { EventBus, type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { PUBLISH_DETAIL_TYPE } from '../../backbone/contract.ts';
import { DeadLetterQueue } from '../dead-letter-queue.ts';
import { LaneFunction } from '../lane-function.ts';

export interface PublishFunctionProps {
  readonly logRetention: RetentionDays;
  readonly timeout: Duration;
  /** Whether it also publishes from the account's default bus. */
  readonly defaultBus: boolean;
}

/**
 * The way in for backends: they invoke the function, or put an event of detail type `lanes.publish` on the bus of the
 * stage. IAM is their key. What cannot be published from an event ends in a dead-letter queue with an alarm.
 *
 * An account has one default bus in a Region: every stage that listens there publishes the events of all others that do.
 */
export class PublishFunction extends Construct {
  readonly handler: LaneFunction;
  readonly bus: EventBus;
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
      meaning: 'An EventBridge event could not be published: the message contains the event, the function log the reason.',
    });
    this.bus = new EventBus(this, 'Bus', {
      // EventBridge wants a name. The stack's is unique in account and Region, and publishers know it before the deploy.
      eventBusName: Stack.of(this).stackName,
      description: `Publishes every event of detail type ${PUBLISH_DETAIL_TYPE}`,
    });
    const rule = {
      description: `Publishes every event of detail type ${PUBLISH_DETAIL_TYPE}`,
      eventPattern: { detailType: [PUBLISH_DETAIL_TYPE] },
      targets: [this.handler.eventTarget(this.deadLetters)],
    };
    // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
    new Rule(this, 'Rule', { ...rule, eventBus: this.bus as IEventBus });
    if (props.defaultBus) new Rule(this, 'DefaultBusRule', rule);
  }
}
