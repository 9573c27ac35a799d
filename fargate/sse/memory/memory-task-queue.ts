import { MESSAGES_PER_CALL, type QueueMessage, type TaskQueue } from '../ports.ts';

/** A {@link TaskQueue} in memory that returns every message once. */
export class MemoryTaskQueue implements TaskQueue {
  readonly deleted: string[] = [];
  closed = false;
  /** Errors with which the next calls of `receive` reject. */
  readonly failures: Error[] = [];
  readonly #bodies: string[] = [];
  readonly #waiting = new Set<() => void>();

  push(...bodies: readonly string[]): void {
    this.#bodies.push(...bodies);
    for (const wake of this.#waiting) wake();
  }

  async receive(signal: AbortSignal): Promise<readonly QueueMessage[]> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    while (this.#bodies.length === 0 && !signal.aborted) await this.#untilPushed(signal);
    signal.throwIfAborted();
    return this.#bodies.splice(0, MESSAGES_PER_CALL).map((body) => ({ body, receipt: body }));
  }

  async delete(messages: readonly QueueMessage[]): Promise<void> {
    this.deleted.push(...messages.map(({ receipt }) => receipt));
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #untilPushed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
