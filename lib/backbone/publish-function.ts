import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { PUBLISH_DETAIL_TYPE } from '../../backbone/contract.ts';
import { DeadLetterQueue } from '../dead-letter-queue.ts';
import type { Configurable } from '../lane-function.ts';
import { LaneFunction } from '../lane-function.ts';

export interface PublishFunctionProps {
  readonly logRetention: RetentionDays;
  readonly timeout: Duration;
}

/**
 * The way in for backends: they invoke the function, or put an event of detail type `lanes.publish` on the account's
 * default bus. IAM is their key. What cannot be published from an event ends in a dead-letter queue with an alarm.
 */
export class PublishFunction extends Construct implements Configurable {
  readonly handler: LaneFunction;
  readonly rule: Rule;
  readonly deadLetters: DeadLetterQueue;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: PublishFunctionProps) {
    super(scope, id);
    this.handler = new LaneFunction(this, 'Handler', {
      entry: 'lambda/backbone/publish.ts',
      description: 'Publishes an event to both lanes',
      logRetention: props.logRetention,
      timeout: props.timeout,
    });
    this.grantPrincipal = this.handler.grantPrincipal;
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning: 'An EventBridge event could not be published: the message holds the event, the function log the reason.',
    });
    this.handler.function.configureAsyncInvoke({
      onFailure: new SqsDestination(this.deadLetters.queue),
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
    });
    this.rule = new Rule(this, 'Rule', {
      description: `Publishes every event of detail type ${PUBLISH_DETAIL_TYPE}`,
      eventPattern: { detailType: [PUBLISH_DETAIL_TYPE] },
      targets: [
        // This queue takes what EventBridge cannot hand to Lambda; the one above what the function cannot publish.
        new LambdaFunction(this.handler.function, {
          deadLetterQueue: this.deadLetters.queue,
          maxEventAge: Duration.hours(1),
          retryAttempts: 10,
        }),
      ],
    });
  }

  addEnvironment(key: string, value: string): this {
    this.handler.addEnvironment(key, value);
    return this;
  }
}
