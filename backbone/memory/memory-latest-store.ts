import { MAX_LATEST_KEYS } from '../../packages/protocol/publication.ts';
import { isExpiredAt, type LatestEvent, type NewLatestEvent, nextLatest } from '../domain/latest-event.ts';
import { TooManyKeysError } from '../domain/latest-publication.ts';
import type { Clock, LatestStore } from '../ports.ts';

/** A {@link LatestStore} in memory that passes the port's contract suite. No method awaits anything, so every call is atomic. */
export class MemoryLatestStore implements LatestStore {
  readonly #clock: Clock;
  readonly #retentionMs: number;
  readonly #channels = new Map<string, Map<string, LatestEvent>>();

  constructor(options: { readonly clock: Clock; readonly retentionMs: number }) {
    this.#clock = options.clock;
    this.#retentionMs = options.retentionMs;
  }

  async put(event: NewLatestEvent): Promise<LatestEvent> {
    const { channel, key } = event;
    const nowMs = this.#clock.nowMs();
    const entries = this.#channels.get(channel) ?? new Map<string, LatestEvent>();
    this.#channels.set(channel, entries);
    for (const [name, entry] of entries) if (isExpiredAt(entry, nowMs)) entries.delete(name);
    const held = entries.get(key);
    if (held === undefined && entries.size >= MAX_LATEST_KEYS) throw new TooManyKeysError(event);
    const version = held === undefined ? { createdAt: nowMs, count: 1 } : { ...held.version, count: held.version.count + 1 };
    const stored = nextLatest(event, version, nowMs, this.#retentionMs);
    entries.set(key, stored);
    return stored;
  }

  async read(channel: string): Promise<readonly LatestEvent[]> {
    const nowMs = this.#clock.nowMs();
    return [...(this.#channels.get(channel)?.values() ?? [])].filter((entry) => !isExpiredAt(entry, nowMs));
  }
}
