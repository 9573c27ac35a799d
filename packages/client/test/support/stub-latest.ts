import type { LatestBatchAnswer, LatestEntry, LatestResponse, NewLatestEntry, SnapshotEnd } from '../../../protocol/index.ts';
import { stateTag } from '../../../protocol/state-tag.ts';
import { formatVersion, readVersion } from '../../../protocol/version.ts';

/** Few, so that a test can use them up. */
export const MAX_STUB_KEYS = 50;

const FULL = { error: { code: 'too_many_keys', message: 'the channel is full' } } as const;

/** By its name, as the stages of an app declare it. */
export function isLatestChannel(channel: string): boolean {
  return channel.startsWith('latest.');
}

/** The newest event of each key of `latest` channels, in memory. */
export class StubLatest {
  readonly #channels = new Map<string, Map<string, LatestEntry>>();
  #keys = 0;
  /** Called after a key has got a version. */
  onChange: (channel: string, entry: LatestEntry) => void = () => {};

  /** @returns undefined if the channel has too many keys */
  put(channel: string, key: string, data: string | undefined): LatestResponse | undefined {
    const entries = this.#of(channel);
    const held = entries.get(key);
    if (held === undefined && entries.size === MAX_STUB_KEYS) return undefined;
    const { createdAt, count } = held === undefined ? { createdAt: ++this.#keys, count: 0 } : readVersion(held.version);
    const fields = { key, version: formatVersion({ createdAt, count: count + 1 }), publishedAt: new Date().toISOString() };
    const entry: LatestEntry = data === undefined ? { ...fields, removed: true } : { ...fields, type: 'message', data };
    entries.set(key, entry);
    this.onChange(channel, entry);
    return { channel, conflationKey: key, version: entry.version, publishedAt: entry.publishedAt };
  }

  /** Answers a request to publish one event or several. */
  publish(
    channel: string,
    content: NewLatestEntry | { readonly events: readonly NewLatestEntry[] },
  ): LatestResponse | LatestBatchAnswer | typeof FULL {
    if ('events' in content) return { channel, events: content.events.map((event) => this.#publish(channel, event)) };
    return this.#publish(channel, content);
  }

  /** Nobody is told. */
  expire(channel: string, key: string): void {
    this.#of(channel).delete(key);
  }

  entries(channel: string): readonly LatestEntry[] {
    return [...this.#of(channel).values()];
  }

  end(channel: string): SnapshotEnd {
    const there = this.entries(channel).filter((entry) => !('removed' in entry));
    return { channel, keys: there.length, state: stateTag(there) };
  }

  /** A snapshot for a client that holds `state`. */
  snapshot(channel: string, state: string | null | undefined): { readonly entries: readonly LatestEntry[]; readonly end: SnapshotEnd } {
    const end = this.end(channel);
    return end.state === state ? { entries: [], end: { ...end, unchanged: true } } : { entries: this.entries(channel), end };
  }

  #publish(channel: string, event: NewLatestEntry): LatestResponse | typeof FULL {
    return this.put(channel, event.conflationKey, 'data' in event ? event.data : undefined) ?? FULL;
  }

  #of(channel: string): Map<string, LatestEntry> {
    const entries = this.#channels.get(channel) ?? new Map<string, LatestEntry>();
    this.#channels.set(channel, entries);
    return entries;
  }
}
