import type { ChannelEvent } from '../domain/event.ts';
import type { EventBus } from '../ports.ts';

/** An {@link EventBus} in memory: records notifications and passes them to listeners. */
export class MemoryEventBus implements EventBus {
  readonly notified: ChannelEvent[] = [];
  readonly #listeners = new Set<(event: ChannelEvent) => void>();

  /** @returns a function that stops listening */
  listen(listener: (event: ChannelEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async notify(event: ChannelEvent): Promise<void> {
    this.notified.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}
