import { randomUUID } from 'node:crypto';
import { AwsError } from '../endpoint/aws-error.ts';
import type { Faults } from '../faults.ts';
import type { Functions } from '../functions/functions.ts';
import type { Log } from '../log.ts';
import { type MessageAttributes, messageBytes } from '../queues/message-attributes.ts';
import type { Queue } from '../queues/queue.ts';
import type { Queues } from '../queues/queues.ts';
import { compileFilter, type MessageFilter } from './filter-policy.ts';

/** SNS's limit for a message with its attributes: 256 KiB. */
const MAX_MESSAGE_BYTES = 262_144;

/**
 * Subscription attributes that are emulated or have no effect locally. All others would change what is
 * delivered.
 */
const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set(['RawMessageDelivery', 'RedrivePolicy', 'FilterPolicy', 'FilterPolicyScope']);

/** The kinds of endpoints that a topic can deliver to, and the form of their ARNs. */
const ENDPOINTS = {
  sqs: /^arn:aws:sqs:[^:]+:[^:]+:[^:]+$/,
  lambda: /^arn:aws:lambda:[^:]+:[^:]+:function:[^:]+(:[^:]+)?$/,
} as const;

type Protocol = keyof typeof ENDPOINTS;

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: Protocol;
  /** ARN of the queue or function. */
  readonly endpoint: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Whether its filter policy lets a message pass. */
  readonly accepts: MessageFilter;
}

export interface TopicMessage {
  readonly message: string;
  readonly subject?: string | undefined;
  readonly attributes?: MessageAttributes | undefined;
}

export interface TopicsOptions {
  readonly queues: Queues;
  /** @default none: the topics deliver to queues only */
  readonly functions?: Functions;
  readonly faults: Faults;
  readonly log: Log;
}

/** All standard topics of the account. They deliver to queues and functions. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #topics = new Map<string, Map<string, Subscription>>();

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  create(arn: string): void {
    if (arn.endsWith('.fifo')) throw new AwsError('InvalidParameter', `Topic ${arn}: the local endpoint does not emulate FIFO topics.`);
    if (!this.#topics.has(arn)) this.#topics.set(arn, new Map());
  }

  arns(): readonly string[] {
    return [...this.#topics.keys()];
  }

  /**
   * Subscribes a queue, which need not exist, or a function, which must exist. Subscribing the same endpoint
   * again returns the existing subscription.
   * @param arn for a subscription of a template; a new one gets its own
   */
  subscribe(
    topicArn: string,
    protocol: string,
    endpoint: string,
    attributes: Readonly<Record<string, string>>,
    arn?: string,
  ): Subscription {
    const subscriptions = this.#topic(topicArn);
    if (!isProtocol(protocol)) {
      throw new AwsError(
        'InvalidParameter',
        `Invalid parameter: Protocol ${protocol}: the local endpoint delivers to sqs and lambda only.`,
      );
    }
    if (!ENDPOINTS[protocol].test(endpoint)) {
      throw new AwsError('InvalidParameter', `Invalid parameter: ${protocol} endpoint ARN ${endpoint}`);
    }
    if (protocol === 'lambda') this.#functions.find(endpoint);
    for (const name of Object.keys(attributes)) {
      if (!KNOWN_ATTRIBUTES.has(name)) {
        throw new AwsError('InvalidParameter', `Invalid parameter: Attributes: the local endpoint does not emulate ${name}.`);
      }
    }
    const existing = [...subscriptions.values()].find((subscription) => subscription.endpoint === endpoint);
    if (existing !== undefined) {
      const same = Object.entries(attributes).every(([name, text]) => existing.attributes[name] === text);
      if (same) return existing;
      throw new AwsError('InvalidParameter', 'Invalid parameter: Attributes Reason: Subscription already exists with different attributes');
    }
    const accepts = compileFilter(attributes);
    const subscription = { arn: arn ?? `${topicArn}:${randomUUID()}`, topicArn, protocol, endpoint, attributes, accepts };
    subscriptions.set(subscription.arn, subscription);
    return subscription;
  }

  /** In SNS, unsubscribing what does not exist is not an error. */
  unsubscribe(subscriptionArn: string): void {
    const topicArn = subscriptionArn.split(':').slice(0, 6).join(':');
    if (!/^arn:aws:sns:[^:]+:[^:]+:[^:]+$/.test(topicArn)) {
      throw new AwsError('InvalidParameter', `Invalid parameter: SubscriptionArn ${subscriptionArn}`);
    }
    this.#topics.get(topicArn)?.delete(subscriptionArn);
  }

  topicArns(): readonly string[] {
    return [...this.#topics.keys()];
  }

  subscriptions(topicArn: string): readonly Subscription[] {
    return [...this.#topic(topicArn).values()];
  }

  /** Delivers to every subscription whose filter policy lets the message pass, and returns the message's id. */
  publish(topicArn: string, message: TopicMessage): string {
    const subscriptions = this.#topic(topicArn);
    if (message.message === '') throw new AwsError('InvalidParameter', 'Invalid parameter: Empty message');
    if (messageBytes(message.message, message.attributes ?? {}) > MAX_MESSAGE_BYTES) {
      throw new AwsError('InvalidParameter', 'Invalid parameter: Message too long');
    }
    const messageId = randomUUID();
    for (const subscription of subscriptions.values()) {
      if (!subscription.accepts(message.message, message.attributes ?? {})) continue;
      if (subscription.protocol === 'lambda') this.#invoke(subscription, messageId, message);
      else this.#deliver(subscription, messageId, message);
    }
    return messageId;
  }

  get #functions(): Functions {
    const { functions } = this.#options;
    if (functions === undefined) throw new AwsError('InvalidParameter', 'Invalid parameter: there are no functions to deliver to.');
    return functions;
  }

  #invoke(subscription: Subscription, messageId: string, message: TopicMessage): void {
    const { topicArn, endpoint } = subscription;
    const fn = this.#functions.find(endpoint);
    if (fn.lets({ service: 'sns.amazonaws.com', sourceArn: topicArn })) {
      this.#functions.invokeAsync(fn, functionEvent(subscription, messageId, message));
      return;
    }
    this.#options.log.notice(
      'iam',
      `AccessDenied: SNS may not lambda:InvokeFunction on ${endpoint} for ${topicArn}: no permission of the function allows it`,
    );
  }

  #deliver(subscription: Subscription, messageId: string, message: TopicMessage): void {
    const { faults } = this.#options;
    const raw = subscription.attributes['RawMessageDelivery'] === 'true';
    const deliver = (body: string) => {
      const queue =
        this.#reachable(subscription, subscription.endpoint) ?? this.#reachable(subscription, this.#deadLetterArn(subscription));
      queue?.send(body, raw ? { attributes: message.attributes } : {});
    };
    const body = raw ? message.message : envelope(subscription, messageId, message);
    const queueName = subscription.endpoint.split(':').at(-1) ?? '';
    if (faults.notification === undefined) deliver(body);
    else faults.notification(queueName, body, deliver);
  }

  /** The queue, if it exists and allows the topic to send. */
  #reachable({ topicArn }: Subscription, queueArn: string): Queue | undefined {
    const { queues, log } = this.#options;
    const queue = queues.byArn(queueArn);
    if (queue === undefined || queue.lets({ service: 'sns.amazonaws.com', sourceArn: topicArn })) return queue;
    log.notice('iam', `AccessDenied: SNS may not sqs:SendMessage on ${queueArn} for ${topicArn}: the queue's policy does not allow it`);
    return undefined;
  }

  #deadLetterArn({ attributes }: Subscription): string {
    const { RedrivePolicy } = attributes;
    if (RedrivePolicy === undefined) return '';
    return (JSON.parse(RedrivePolicy) as { deadLetterTargetArn?: string }).deadLetterTargetArn ?? '';
  }

  #topic(arn: string): Map<string, Subscription> {
    const topic = this.#topics.get(arn);
    if (topic !== undefined) return topic;
    throw new AwsError('NotFound', 'Topic does not exist', { status: 404 });
  }
}

function isProtocol(protocol: string): protocol is Protocol {
  return Object.hasOwn(ENDPOINTS, protocol);
}

function envelope(subscription: Subscription, messageId: string, message: TopicMessage): string {
  return JSON.stringify({ ...notification(subscription, messageId, message), SubscriptionArn: subscription.arn });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
function functionEvent(subscription: Subscription, messageId: string, message: TopicMessage): string {
  const Sns = { Subject: null, ...notification(subscription, messageId, message) };
  return JSON.stringify({ Records: [{ EventVersion: '1.0', EventSubscriptionArn: subscription.arn, EventSource: 'aws:sns', Sns }] });
}

function notification({ topicArn }: Subscription, messageId: string, { message, subject, attributes = {} }: TopicMessage): object {
  return {
    Type: 'Notification',
    MessageId: messageId,
    TopicArn: topicArn,
    ...(subject === undefined ? {} : { Subject: subject }),
    Message: message,
    Timestamp: new Date().toISOString(),
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        { Type: DataType, Value: StringValue ?? BinaryValue },
      ]),
    ),
  };
}
