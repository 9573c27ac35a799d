import type { ChannelEvent } from '../domain/event.ts';
import type { EventBus } from '../ports.ts';

/** An {@link EventBus} in memory: records notifications and passes their events to listeners. */
export class MemoryEventBus implements EventBus {
  readonly notifications: (readonly ChannelEvent[])[] = [];
  readonly #listeners = new Set<(event: ChannelEvent) => void>();

  /** The events of all notifications. */
  get notified(): readonly ChannelEvent[] {
    return this.notifications.flat();
  }

  /** @returns a function that stops listening */
  listen(listener: (event: ChannelEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async notify(events: readonly ChannelEvent[]): Promise<void> {
    this.notifications.push(events);
    for (const listener of this.#listeners) for (const event of events) listener(event);
  }
}
