import { type ReadonlySignal, type Signal, signal } from '@preact/signals';

/** Times are kept for more events than both panes show. */
const MAX_TIMES = 2000;

/**
 * When events were published, by id. An SSE event does not carry its time, but the same event on the other
 * lane does, and so does the response to its publication. Whichever arrives first, the row is completed when
 * the time is known.
 */
export class Timetable {
  readonly #times = new Map<string, Signal<number | undefined>>();

  /** Milliseconds since 1970 by the publisher's clock; undefined until known. */
  publishedAtMs(id: string): ReadonlySignal<number | undefined> {
    return this.#slot(id);
  }

  /** The same for an event that has arrived, which may tell the time itself. */
  timeOf({ id, publishedAt }: { readonly id: string; readonly publishedAt?: string }): ReadonlySignal<number | undefined> {
    // Events of ephemeral channels have no id by which another lane could tell their time.
    if (id === '') return signal(publishedAt === undefined ? undefined : Date.parse(publishedAt));
    if (publishedAt !== undefined) this.learn(id, publishedAt);
    return this.#slot(id);
  }

  learn(id: string, publishedAt: string): void {
    const timeMs = Date.parse(publishedAt);
    if (!Number.isNaN(timeMs)) this.#slot(id).value = timeMs;
  }

  #slot(id: string): Signal<number | undefined> {
    const known = this.#times.get(id);
    if (known !== undefined) return known;
    const slot = signal<number | undefined>(undefined);
    this.#times.set(id, slot);
    const [oldest] = this.#times.keys();
    if (this.#times.size > MAX_TIMES && oldest !== undefined) this.#times.delete(oldest);
    return slot;
  }
}
