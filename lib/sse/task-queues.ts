import { Stack } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { TASK_QUEUE_ENV } from '../../fargate/sse/contract.ts';
import { acknowledgeWildcard } from '../acknowledgements.ts';
import type { EventTopic } from '../backbone/event-topic.ts';
import type { Configurable } from '../lane-function.ts';

/** Longest name of an SQS queue. */
const MAX_QUEUE_NAME = 80;

/** Length of an ECS task id. */
const TASK_ID_LENGTH = 32;

export interface TaskQueuesProps {
  readonly topic: EventTopic;
}

/**
 * The queues that tasks create for themselves, one each, named prefix + task id. They are not resources of
 * the stack: this construct defines their names and who may do what with them.
 */
export class TaskQueues extends Construct {
  /**
   * Ends in `_`, which a stack's name cannot contain, so no other stack's prefix begins with this one. A
   * sweep therefore finds only its own queues.
   */
  readonly prefix: string;
  /** Matches the queues with this prefix and no others. */
  readonly arnPattern: string;
  private readonly topic: EventTopic;

  constructor(scope: Construct, id: string, props: TaskQueuesProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.topic = props.topic;
    this.prefix = `${stack.stackName}_`;
    if (this.prefix.length + TASK_ID_LENGTH > MAX_QUEUE_NAME) {
      throw new Error(
        `The stack name ${stack.stackName} is too long: names of its queues would have ${this.prefix.length} + ${TASK_ID_LENGTH} characters, but SQS allows ${MAX_QUEUE_NAME}. Choose a shorter name`,
      );
    }
    this.arnPattern = stack.formatArn({ service: 'sqs', resource: `${this.prefix}*` });
  }

  /** Lets a task create, subscribe, read and remove its queue, and tells it the names. */
  allowUse(task: Configurable): Grant {
    task.addEnvironment(TASK_QUEUE_ENV.queuePrefix, this.prefix);
    // CloudFormation tags the resources of the stack, and these are none.
    task.addEnvironment(TASK_QUEUE_ENV.queueTags, JSON.stringify(Stack.of(this).tags.tagValues()));
    return this.grant(task, 'sqs:CreateQueue', 'sqs:TagQueue', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:DeleteQueue').combine(
      this.topic.allowSubscribe(task, this.arnPattern),
    );
  }

  /** Lets a function put messages into the queues of tasks, and tells it the names. */
  allowAnnounce(announcer: Configurable): Grant {
    announcer.addEnvironment(TASK_QUEUE_ENV.queuePrefix, this.prefix);
    return this.grant(announcer, 'sqs:GetQueueUrl', 'sqs:SendMessage');
  }

  /** Lets a cleaner remove the queue and the subscription of a stopped task, and tells it the names. */
  allowRemove(cleaner: Configurable): Grant {
    cleaner.addEnvironment(TASK_QUEUE_ENV.queuePrefix, this.prefix);
    return this.grant(cleaner, 'sqs:GetQueueUrl', 'sqs:ListQueueTags', 'sqs:DeleteQueue').combine(this.topic.allowUnsubscribe(cleaner));
  }

  /**
   * Lets a cleaner list all queues and read their age. SQS has no permission for listing only some of an
   * account's queues.
   */
  allowList(cleaner: Configurable): Grant {
    return Grant.addToPrincipal({ grantee: cleaner, actions: ['sqs:ListQueues'], resourceArns: ['*'] }).combine(
      this.grant(cleaner, 'sqs:GetQueueAttributes'),
    );
  }

  private grant(grantee: Configurable, ...actions: string[]): Grant {
    acknowledgeWildcard(
      grantee.grantPrincipal,
      this.arnPattern,
      'The * stands for the id of a task, which names its own queue when it starts. The prefix belongs to this stack alone.',
    );
    return Grant.addToPrincipal({ grantee, actions, resourceArns: [this.arnPattern] });
  }
}
