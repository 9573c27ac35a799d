import type { QueueMessage, TaskQueue } from '../../../backbone/ports.ts';

/** A {@link TaskQueue} in memory: hands every message out once. */
export class MemoryQueue implements TaskQueue {
  readonly deleted: string[] = [];
  closed = false;
  /** What the next calls of `receive` reject with. */
  readonly failures: Error[] = [];
  #bodies: string[] = [];
  #wake: (() => void) | undefined;

  push(...bodies: readonly string[]): void {
    this.#bodies.push(...bodies);
    this.#wake?.();
  }

  async receive(signal: AbortSignal): Promise<readonly QueueMessage[]> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    while (this.#bodies.length === 0) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const other = this.#wake;
        this.#wake = () => {
          other?.();
          resolve();
        };
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    signal.throwIfAborted();
    return this.#bodies.splice(0, 10).map((body) => ({ body, receipt: body, receiveCount: 1 }));
  }

  async delete(messages: readonly QueueMessage[]): Promise<void> {
    this.deleted.push(...messages.map(({ receipt }) => receipt));
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
