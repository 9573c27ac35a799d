import type { EphemeralEvent } from '../domain/ephemeral-event.ts';
import type { ChannelEvent } from '../domain/event.ts';
import type { PresenceNotification } from '../domain/presence.ts';
import type { EphemeralBus, EventBus, PresenceBus } from '../ports.ts';

/** An {@link EventBus} in memory: records notifications and passes their events to listeners. */
export class MemoryEventBus implements EventBus, EphemeralBus, PresenceBus {
  readonly notifications: (readonly ChannelEvent[])[] = [];
  /** Events of ephemeral channels, which listeners do not get. */
  readonly announced: EphemeralEvent[] = [];
  /** What was told about presence, which listeners do not get. */
  readonly told: PresenceNotification[] = [];
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

  async tell(notification: PresenceNotification): Promise<void> {
    this.told.push(notification);
  }
}
