import type { EphemeralEvent } from '../domain/ephemeral-event.ts';
import type { ChannelEvent } from '../domain/event.ts';
import type { EphemeralBus, EventBus } from '../ports.ts';

/** An {@link EventBus} in memory: records notifications and passes their events to listeners. */
export class MemoryEventBus implements EventBus, EphemeralBus {
  readonly notifications: (readonly ChannelEvent[])[] = [];
  /** Events of ephemeral channels, which listeners do not get. */
  readonly announced: EphemeralEvent[] = [];
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

  async announce(event: EphemeralEvent): Promise<void> {
    this.announced.push(event);
  }
}
