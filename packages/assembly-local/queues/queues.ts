import { AwsError } from '../endpoint/aws-error.ts';
import { parseQueueAttributes } from './attributes.ts';
import { Queue } from './queue.ts';

/** How long SQS blocks the name of a deleted queue. */
const NAME_BLOCKED_MS = 60_000;

const NAME = /^[A-Za-z0-9_-]{1,80}$/;

export interface QueuesOptions {
  readonly region: string;
  readonly account: string;
  /** Where the endpoint listens: queue URLs begin with it. */
  readonly endpoint: string;
  /** @default 60 s */
  readonly nameBlockedMs?: number;
}

/** All queues of the account: those of the templates, and those created at run time. */
export class Queues {
  readonly #options: QueuesOptions;
  readonly #queues = new Map<string, Queue>();
  readonly #deletedAtMs = new Map<string, number>();

  constructor(options: QueuesOptions) {
    this.#options = options;
  }

  /** Creates a queue, or returns the existing one with the same name and attributes. */
  create(name: string, attributes: Readonly<Record<string, string>> = {}, tags: Readonly<Record<string, string>> = {}): Queue {
    if (name.endsWith('.fifo'))
      throw new AwsError('UnsupportedOperation', `Queue ${name}: the local endpoint does not emulate FIFO queues.`);
    if (!NAME.test(name)) {
      throw new AwsError(
        'InvalidParameterValue',
        `Queue name "${name}": can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.`,
      );
    }
    const existing = this.#queues.get(name);
    const wanted = parseQueueAttributes({ ...existing?.attributes, ...attributes });
    if (existing !== undefined) {
      if (JSON.stringify(wanted) === JSON.stringify(existing.attributes)) return existing;
      throw new AwsError('QueueNameExists', 'A queue already exists with the same name and a different value for an attribute.', {
        queryCode: 'QueueAlreadyExists',
      });
    }
    const deletedAtMs = this.#deletedAtMs.get(name);
    if (deletedAtMs !== undefined && Date.now() - deletedAtMs < (this.#options.nameBlockedMs ?? NAME_BLOCKED_MS)) {
      throw new AwsError(
        'QueueDeletedRecently',
        'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
        { queryCode: 'AWS.SimpleQueueService.QueueDeletedRecently' },
      );
    }
    const { region, account, endpoint } = this.#options;
    const queue = new Queue({
      name,
      arn: `arn:aws:sqs:${region}:${account}:${name}`,
      url: `${endpoint}/${account}/${name}`,
      attributes: wanted,
      tags,
      queueByArn: (arn) => this.byArn(arn),
    });
    this.#queues.set(name, queue);
    return queue;
  }

  delete(queue: Queue): void {
    this.#queues.delete(queue.name);
    this.#deletedAtMs.set(queue.name, Date.now());
    queue.close();
  }

  byArn(arn: string): Queue | undefined {
    return this.#queues.get(arn.split(':').at(-1) ?? '');
  }

  /** @throws AwsError `QueueDoesNotExist` */
  named(name: string): Queue {
    const queue = this.#queues.get(name);
    if (queue !== undefined) return queue;
    throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.', {
      queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  }

  /** @throws AwsError `QueueDoesNotExist` */
  byUrl(url: string): Queue {
    return this.named(url.split('/').at(-1) ?? '');
  }

  /** Makes every queue this much older, for cleaners that leave young queues alone. */
  age(ms: number): void {
    for (const queue of this.#queues.values()) queue.createdAtMs -= ms;
  }

  list(): readonly Queue[] {
    return [...this.#queues.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  close(): void {
    for (const queue of this.#queues.values()) queue.close();
  }
}
