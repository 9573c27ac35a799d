import type { LatestEntry, PolledLatest } from '../../../protocol/index.ts';
import { formatVersion } from '../../../protocol/version.ts';
import type { WireContent } from '../types.ts';

interface ChannelKeys {
  /** The version of its last change. */
  readonly state: string;
  readonly entries: ReadonlyMap<string, LatestEntry>;
}

const EMPTY: ChannelKeys = { state: '0', entries: new Map() };

/** The newest event of each key of `latest` channels. */
export class MemoryLatest {
  readonly #channels = new Map<string, ChannelKeys>();
  #versions = 0;

  put(channel: string, { conflationKey: key = '', removed, type = 'message', data = '' }: WireContent): LatestEntry {
    const version = formatVersion({ createdAt: ++this.#versions, count: 1 });
    const fields = { key, version, publishedAt: new Date().toISOString() };
    const entry: LatestEntry = removed ? { ...fields, removed } : { ...fields, type, data };
    const entries = new Map(this.#of(channel).entries).set(key, entry);
    if (removed) entries.delete(key);
    this.#channels.set(channel, { state: version, entries });
    return entry;
  }

  entries(channel: string): readonly LatestEntry[] {
    return [...this.#of(channel).entries.values()];
  }

  /** For a poll that knows `state`: everything, unless nothing has changed. */
  news(channel: string, known: string | null): readonly PolledLatest[] {
    const { state } = this.#of(channel);
    return state === known ? [] : [{ channel, entries: this.entries(channel), snapshot: true, state }];
  }

  #of(channel: string): ChannelKeys {
    return this.#channels.get(channel) ?? EMPTY;
  }
}
