import type { Clock } from '../../backbone/ports.ts';
import type { Logger } from '../../backbone/telemetry/logger.ts';
import { MESSAGES_PER_CALL, type QueueMessage, type TaskQueue } from './ports.ts';

export interface MessageDeletionsOptions {
  readonly queue: Pick<TaskQueue, 'delete'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * How long messages wait until there are as many as one call deletes. Nobody else reads the queue, and they stay
 * invisible for 30 s.
 */
const COLLECT_MS = 1_000;

/** Calls in flight. At 15 ms a call that is 20,000 messages a second; if SQS takes longer, receivers wait. */
const MOST_CALLS = 32;

/** Deletes messages in the background, many at a time. */
export class MessageDeletions {
  readonly #options: MessageDeletionsOptions;
  readonly #signal: AbortSignal;
  readonly #calls = new Set<Promise<void>>();
  #collected: QueueMessage[] = [];
  #isCollecting = false;

  /** @param signal ends the wait for more messages */
  constructor(options: MessageDeletionsOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** Deletes the messages within about a second. Resolves when there is room for more. */
  async add(messages: readonly QueueMessage[]): Promise<void> {
    if (messages.length === 0) return;
    this.#collected.push(...messages);
    while (this.#collected.length >= MESSAGES_PER_CALL) this.#delete(this.#collected.splice(0, MESSAGES_PER_CALL));
    if (this.#collected.length > 0 && !this.#isCollecting) void this.#deleteSoon();
    while (this.#calls.size >= MOST_CALLS) await Promise.race(this.#calls);
  }

  /** Deletes what is left, and resolves when no call is in flight. */
  async finish(): Promise<void> {
    this.#deleteCollected();
    await Promise.all(this.#calls);
  }

  async #deleteSoon(): Promise<void> {
    this.#isCollecting = true;
    // On abort, `finish` deletes the rest.
    await this.#options.clock.sleep(COLLECT_MS, this.#signal).catch(() => {});
    this.#isCollecting = false;
    this.#deleteCollected();
  }

  #deleteCollected(): void {
    if (this.#collected.length > 0) this.#delete(this.#collected.splice(0));
  }

  #delete(messages: readonly QueueMessage[]): void {
    const { queue, logger } = this.#options;
    const call = queue
      .delete(messages)
      .catch((error) => logger.warn('could not delete messages: they will be received again', { error }))
      .finally(() => this.#calls.delete(call));
    this.#calls.add(call);
  }
}
