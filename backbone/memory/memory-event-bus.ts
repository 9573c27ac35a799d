import type { LaneEvent } from '../domain/event.ts';
import type { EventBus } from '../ports.ts';

/** An {@link EventBus} in memory: remembers what was notified, and hands it to whoever listens. */
export class MemoryEventBus implements EventBus {
  readonly notified: LaneEvent[] = [];
  readonly #listeners = new Set<(event: LaneEvent) => void>();

  /** @returns a function that stops listening */
  listen(listener: (event: LaneEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async notify(event: LaneEvent): Promise<void> {
    this.notified.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}
