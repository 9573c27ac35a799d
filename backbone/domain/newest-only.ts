import type { EphemeralEvent } from './ephemeral-event.ts';

/** How many sources of one channel are remembered; a source that was forgotten starts anew. */
const MAX_SOURCES = 256;

/**
 * Keeps the ephemeral events of a channel in the order of each source: what arrives again, or after a newer one, is
 * dropped. What is missing stays missing.
 */
export class NewestOnly {
  /** The newest count of each source; the one that was heard of least recently first. */
  readonly #newest = new Map<string, number>();

  /** Whether the event is newer than everything of its source so far. It counts from then on. */
  takes({ source, count }: Pick<EphemeralEvent, 'source' | 'count'>): boolean {
    const newest = this.#newest.get(source);
    if (newest !== undefined && count <= newest) return false;
    this.#newest.delete(source);
    this.#newest.set(source, count);
    const [oldest] = this.#newest.keys();
    if (this.#newest.size > MAX_SOURCES && oldest !== undefined) this.#newest.delete(oldest);
    return true;
  }
}
