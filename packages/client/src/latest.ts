import type { LatestEntry } from '../../protocol/index.ts';
import { StateTag } from '../../protocol/state-tag.ts';
import { compareVersions, readVersion } from '../../protocol/version.ts';
import type { ChannelLatest } from './types.ts';

/**
 * How many items of a `latest` channel wait for a slow reader: the newest one of each of its keys, of which it has at most 1,000 at a
 * time, and of as many that are gone.
 */
export const MAX_BUFFERED_KEYS = 2_000;

/** How many keys that are gone are remembered, the newest ones, so that an old message does not bring them back. */
const MAX_GONE = 1_000;

interface Held {
  readonly version: string;
  /** When the server has named the key last, by `performance.now()`. */
  heardAtMs: number;
}

/**
 * What a subscription holds of a `latest` channel: the version of each key. Whatever arrives, in whatever order, a key never goes
 * back to an older version. Pure: its owner talks to the server.
 */
export class LatestKeys {
  readonly #channel: string;
  readonly #held = new Map<string, Held>();
  /** The last version of each key that is gone. */
  readonly #gone = new Map<string, string>();
  readonly #tag = new StateTag();
  #isKnown = false;

  constructor(channel: string) {
    this.#channel = channel;
  }

  /** Names what is held; undefined until the first snapshot. */
  get state(): string | undefined {
    return this.#isKnown ? `${this.#tag}` : undefined;
  }

  /** Takes entries in any order; what is not newer than what is held is dropped. */
  offer(entries: readonly LatestEntry[]): readonly ChannelLatest[] {
    return entries.filter((entry) => this.#take(entry)).map((entry) => ({ kind: 'latest', channel: this.#channel, ...entry }));
  }

  /**
   * A snapshot has ended: a key that the server has not named since then is gone.
   * @param sinceMs by `performance.now()`; 0 if the server holds the same and has sent nothing
   */
  complete(sinceMs: number): readonly ChannelLatest[] {
    const channel = this.#channel;
    this.#isKnown = true;
    const missing = [...this.#held].filter(([, { heardAtMs }]) => heardAtMs < sinceMs);
    return missing.map(([key, { version }]) => {
      this.#remove(key, version);
      return { kind: 'latest', channel, key, version, removed: true };
    });
  }

  /** Whether the application is told. */
  #take(entry: LatestEntry): boolean {
    const { key, version } = entry;
    const held = this.#held.get(key);
    const known = held?.version ?? this.#gone.get(key);
    const order = known ? compareVersions(readVersion(version), readVersion(known)) : 1;
    // A key that expires is removed without a new version.
    if ('removed' in entry) return order >= 0 && this.#remove(key, version);
    const heardAtMs = performance.now();
    if (held) held.heardAtMs = heardAtMs;
    // A snapshot that has left the key out may be of a server that is behind: the same version may come again.
    if (!(held ? order > 0 : order >= 0)) return false;
    if (held) this.#tag.toggle(key, held.version);
    this.#tag.toggle(key, version);
    this.#gone.delete(key);
    this.#held.set(key, { version, heardAtMs });
    return true;
  }

  /** @returns whether it was held */
  #remove(key: string, version: string): boolean {
    const held = this.#held.get(key);
    if (held) this.#tag.toggle(key, held.version);
    this.#gone.delete(key);
    this.#gone.set(key, version);
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > MAX_GONE) this.#gone.delete(oldest as string);
    return this.#held.delete(key);
  }
}
