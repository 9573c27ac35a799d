import { createHash, randomUUID } from 'node:crypto';
import { AwsError } from '../endpoint/aws-error.ts';
import { letsService, type ServiceCaller, type Statement } from '../iam/policy.ts';
import { policyOf, type QueueAttributes, redriveOf } from './attributes.ts';
import { attributesDigest, type MessageAttributes, messageBytes } from './message-attributes.ts';

/** A message as a receiver sees it. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receipt: string;
  readonly body: string;
  readonly bodyDigest: string;
  readonly messageAttributes: MessageAttributes;
  readonly messageAttributesDigest: string | undefined;
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  readonly receiveCount: number;
  /** ARN of the queue from which the message was moved here because it was received too often. */
  readonly deadLetterSource: string | undefined;
}

interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly sentAtMs: number;
  readonly deadLetterSource: string | undefined;
  state: 'ready' | 'delayed' | 'inFlight';
  firstReceivedAtMs: number | undefined;
  receiveCount: number;
  /** Ends the delay or the visibility timeout. */
  timer: NodeJS.Timeout | undefined;
}

interface Waiter {
  readonly max: number;
  readonly visibilitySeconds: number | undefined;
  resolve(messages: readonly ReceivedMessage[]): void;
}

export interface QueueOptions {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly attributes: QueueAttributes;
  readonly tags: Readonly<Record<string, string>>;
  /** Finds the dead-letter queue. */
  readonly queueByArn: (arn: string) => Queue | undefined;
}

/**
 * A standard SQS queue: delays, visibility timeouts, long polling, redrive. A message is in flight for one
 * receiver at a time; the order is roughly first in, first out.
 */
export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly tags: Map<string, string>;
  createdAtMs = Date.now();
  #attributes: QueueAttributes;
  #policy: readonly Statement[];
  readonly #queueByArn: QueueOptions['queueByArn'];
  readonly #messages = new Map<string, StoredMessage>();
  readonly #ready = new Set<StoredMessage>();
  readonly #waiters: Waiter[] = [];
  #handingOut = false;

  constructor(options: QueueOptions) {
    this.name = options.name;
    this.arn = options.arn;
    this.url = options.url;
    this.#attributes = options.attributes;
    this.#policy = policyOf(options.attributes);
    this.tags = new Map(Object.entries(options.tags));
    this.#queueByArn = options.queueByArn;
  }

  get attributes(): QueueAttributes {
    return this.#attributes;
  }

  set attributes(attributes: QueueAttributes) {
    this.#attributes = attributes;
    this.#policy = policyOf(attributes);
  }

  /** The resource policy: the attribute `Policy`. */
  get policy(): readonly Statement[] {
    return this.#policy;
  }

  /** Whether a service may send to the queue. */
  lets(caller: ServiceCaller): boolean {
    return letsService(this.#policy, caller, { action: 'sqs:SendMessage', resource: this.arn });
  }

  send(body: string, options: { delaySeconds?: number | undefined; attributes?: MessageAttributes | undefined } = {}): SentMessage {
    const attributes = options.attributes ?? {};
    const bytes = messageBytes(body, attributes);
    if (body === '') throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
    if (bytes > Number(this.attributes.MaximumMessageSize)) {
      throw new AwsError(
        'InvalidParameterValue',
        `One or more parameters are invalid. Reason: Message must be shorter than ${this.attributes.MaximumMessageSize} bytes, but has ${bytes}.`,
      );
    }
    const message = this.#store({ id: randomUUID(), body, attributes, sentAtMs: Date.now(), deadLetterSource: undefined });
    const delaySeconds = options.delaySeconds ?? Number(this.attributes.DelaySeconds);
    this.#hide(message, 'delayed', delaySeconds);
    return { messageId: message.id, bodyDigest: md5(body), messageAttributesDigest: attributesDigest(attributes) };
  }

  /** Waits up to `waitSeconds` for a first message. An aborted wait takes nothing from the queue. */
  async receive(
    options: { max?: number | undefined; visibilitySeconds?: number | undefined; waitSeconds?: number | undefined },
    signal: AbortSignal,
  ): Promise<readonly ReceivedMessage[]> {
    const { max = 1, visibilitySeconds, waitSeconds = Number(this.attributes.ReceiveMessageWaitTimeSeconds) } = options;
    if (signal.aborted) return [];
    if (this.#ready.size > 0 || waitSeconds === 0) return this.#take(max, visibilitySeconds);
    const { promise, resolve } = Promise.withResolvers<readonly ReceivedMessage[]>();
    const waiter: Waiter = { max, visibilitySeconds, resolve };
    const giveUp = () => {
      const at = this.#waiters.indexOf(waiter);
      if (at >= 0) this.#waiters.splice(at, 1);
      resolve([]);
    };
    const timer = setTimeout(giveUp, waitSeconds * 1000);
    signal.addEventListener('abort', giveUp, { once: true });
    this.#waiters.push(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** An outdated receipt deletes nothing, which is not an error in SQS. */
  delete(receipt: string): void {
    const message = this.#find(receipt);
    if (message !== undefined) this.#remove(message);
  }

  changeVisibility(receipt: string, seconds: number): void {
    const message = this.#find(receipt);
    if (message === undefined || message.state !== 'inFlight') {
      throw new AwsError('MessageNotInflight', 'The specified message is not in flight.', {
        queryCode: 'AWS.SimpleQueueService.MessageNotInflight',
      });
    }
    this.#hide(message, 'inFlight', seconds);
  }

  counts(): { readonly ready: number; readonly delayed: number; readonly inFlight: number } {
    const hidden = [...this.#messages.values()].filter(({ state }) => state === 'delayed').length;
    return { ready: this.#ready.size, delayed: hidden, inFlight: this.#messages.size - this.#ready.size - hidden };
  }

  /** Bodies of all messages, whatever their state, without receiving them. */
  bodies(): readonly string[] {
    return [...this.#messages.values()].map(({ body }) => body);
  }

  purge(): void {
    for (const message of [...this.#messages.values()]) this.#remove(message);
  }

  /** Removes everything and answers the waiting receivers. */
  close(): void {
    this.purge();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve([]);
  }

  #store(content: Pick<StoredMessage, 'id' | 'body' | 'attributes' | 'sentAtMs' | 'deadLetterSource'>): StoredMessage {
    const message: StoredMessage = { ...content, state: 'ready', firstReceivedAtMs: undefined, receiveCount: 0, timer: undefined };
    this.#messages.set(message.id, message);
    return message;
  }

  #hide(message: StoredMessage, state: 'delayed' | 'inFlight', seconds: number): void {
    clearTimeout(message.timer);
    this.#ready.delete(message);
    message.state = state;
    if (seconds === 0) this.#show(message);
    else message.timer = setTimeout(() => this.#show(message), seconds * 1000);
  }

  /** Makes a message available, or moves it to the dead-letter queue if it was received too often. */
  #show(message: StoredMessage): void {
    const redrive = redriveOf(this.attributes);
    const deadLetters = redrive === undefined ? undefined : this.#queueByArn(redrive.deadLetterTargetArn);
    if (redrive !== undefined && deadLetters !== undefined && message.receiveCount >= redrive.maxReceiveCount) {
      this.#remove(message);
      deadLetters.#accept(message, this.arn);
      return;
    }
    message.state = 'ready';
    this.#ready.add(message);
    this.#handOut();
  }

  #accept({ id, body, attributes, sentAtMs }: StoredMessage, source: string): void {
    this.#show(this.#store({ id, body, attributes, sentAtMs, deadLetterSource: source }));
  }

  /** In the next turn, so that messages that arrive together are received together. */
  #handOut(): void {
    if (this.#handingOut || this.#waiters.length === 0) return;
    this.#handingOut = true;
    setImmediate(() => {
      this.#handingOut = false;
      while (this.#ready.size > 0 && this.#waiters.length > 0) {
        const waiter = this.#waiters.shift();
        waiter?.resolve(this.#take(waiter.max, waiter.visibilitySeconds));
      }
    });
  }

  #take(max: number, visibilitySeconds = Number(this.attributes.VisibilityTimeout)): readonly ReceivedMessage[] {
    const nowMs = Date.now();
    const chosen: StoredMessage[] = [];
    for (const message of this.#ready) {
      if (chosen.length === max) break;
      if (message.sentAtMs + Number(this.attributes.MessageRetentionPeriod) * 1000 < nowMs) {
        this.#remove(message);
        continue;
      }
      chosen.push(message);
    }
    // Not while choosing: with a visibility timeout of 0, a message is ready again at once.
    return chosen.map((message) => {
      message.receiveCount += 1;
      message.firstReceivedAtMs ??= nowMs;
      const received = {
        messageId: message.id,
        receipt: receiptOf(message),
        body: message.body,
        bodyDigest: md5(message.body),
        messageAttributes: message.attributes,
        messageAttributesDigest: attributesDigest(message.attributes),
        sentAtMs: message.sentAtMs,
        firstReceivedAtMs: message.firstReceivedAtMs,
        receiveCount: message.receiveCount,
        deadLetterSource: message.deadLetterSource,
      };
      this.#hide(message, 'inFlight', visibilitySeconds);
      return received;
    });
  }

  #find(receipt: string): StoredMessage | undefined {
    const [id = '', count] = Buffer.from(receipt, 'base64url').toString('latin1').split('#');
    if (count === undefined) {
      throw new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${receipt}" is not a valid receipt handle.`);
    }
    const message = this.#messages.get(id);
    return message !== undefined && String(message.receiveCount) === count ? message : undefined;
  }

  #remove(message: StoredMessage): void {
    clearTimeout(message.timer);
    this.#ready.delete(message);
    this.#messages.delete(message.id);
  }
}

export interface SentMessage {
  readonly messageId: string;
  readonly bodyDigest: string;
  readonly messageAttributesDigest: string | undefined;
}

function receiptOf({ id, receiveCount }: StoredMessage): string {
  return Buffer.from(`${id}#${receiveCount}`, 'latin1').toString('base64url');
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
