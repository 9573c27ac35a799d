import type { LatestEntry } from '../../../../packages/protocol/index.ts';
import { compareVersions, parseVersion, type Version } from '../../../../packages/protocol/version.ts';

/** What is held of a key: its version, and its data unless it is removed. */
export interface HeldKey {
  readonly version: Version;
  readonly data: string | undefined;
}

/** What one reader saw of one `latest` channel, and what it did not like. */
export class LatestJournal {
  readonly reader: string;
  readonly channel: string;
  readonly complaints: string[] = [];
  deliveries = 0;
  readonly #held = new Map<string, HeldKey>();
  /** The newest version that ever came of each key: whatever comes later may not be older. */
  readonly #newest = new Map<string, Version>();
  /** Keys of the snapshot that is under way. */
  #snapshot: Set<string> | undefined;

  constructor(reader: string, channel: string) {
    this.reader = reader;
    this.channel = channel;
  }

  beginSnapshot(): void {
    this.#snapshot = new Set();
  }

  /** The reader forgets what the snapshot did not bring. */
  endSnapshot(): void {
    const brought = this.#snapshot ?? new Set();
    this.#snapshot = undefined;
    for (const key of this.#held.keys()) if (!brought.has(key)) this.#held.delete(key);
  }

  take(entry: LatestEntry): void {
    const { key } = entry;
    const version = parseVersion(entry.version);
    const before = this.#newest.get(key);
    this.deliveries += 1;
    if (before !== undefined && compareVersions(version, before) < 0) {
      this.complaints.push(`${this.#name(key)} stepped back to ${entry.version}`);
      return;
    }
    this.#newest.set(key, version);
    this.#snapshot?.add(key);
    if ('removed' in entry) this.#held.delete(key);
    else this.#held.set(key, { version, data: entry.data });
  }

  /** What differs from the table, and what never was published. */
  judge(truth: ReadonlyMap<string, HeldKey>, published: ReadonlySet<string>): readonly string[] {
    const keys = new Set([...truth.keys(), ...this.#held.keys()]);
    const wrong = [...keys].flatMap((key) => {
      const [held, wanted] = [this.#held.get(key), truth.get(key)];
      return held?.data === wanted?.data
        ? []
        : [`${this.#name(key)} is ${held?.data ?? 'not there'}, and not ${wanted?.data ?? 'removed'}`];
    });
    const altered = [...this.#held].flatMap(([key, { data = '' }]) =>
      published.has(data) ? [] : [`${this.#name(key)} is ${data}, which nobody published`],
    );
    return [...this.complaints, ...wrong, ...altered];
  }

  #name(key: string): string {
    return `${this.reader}: ${key} of ${this.channel}`;
  }
}
