import { compareVersions, parseVersion, type Version } from '../../../../packages/protocol/version.ts';

/** What is held of a key: its version, and its data unless it is removed. */
export interface HeldKey {
  readonly version: Version;
  readonly data: string | undefined;
}

/** A version of a key as a stream or the client names it: without data if the key is removed. */
export interface NamedVersion {
  readonly key: string;
  readonly version: string;
  readonly data?: string | undefined;
}

/** What one reader saw of one `latest` channel, and what it did not like. */
export class LatestJournal {
  readonly reader: string;
  readonly channel: string;
  readonly complaints: string[] = [];
  deliveries = 0;
  readonly #held = new Map<string, HeldKey>();
  /** The newest version that ever came of each key. What is older is dropped, as every consumer has to. */
  readonly #newest = new Map<string, Version>();
  /**
   * The same since the last snapshot began on a bare stream: another task may be behind, but none goes back by itself. The client
   * hides where snapshots begin, and never goes back.
   */
  readonly #sinceSnapshot = new Map<string, Version>();
  /** Keys of the snapshot that is under way. */
  #snapshot: Set<string> | undefined;

  constructor(reader: string, channel: string) {
    this.reader = reader;
    this.channel = channel;
  }

  beginSnapshot(): void {
    this.#snapshot = new Set();
    this.#sinceSnapshot.clear();
  }

  /** The reader forgets what the snapshot did not bring. */
  endSnapshot(): void {
    const brought = this.#snapshot ?? new Set();
    this.#snapshot = undefined;
    for (const key of this.#held.keys()) if (!brought.has(key)) this.#held.delete(key);
  }

  take({ key, version: named, data }: NamedVersion): void {
    const version = parseVersion(named);
    this.deliveries += 1;
    if (isOlder(version, this.#sinceSnapshot.get(key))) this.complaints.push(`${this.#name(key)} stepped back to ${named}`);
    this.#sinceSnapshot.set(key, version);
    this.#snapshot?.add(key);
    if (isOlder(version, this.#newest.get(key))) return;
    this.#newest.set(key, version);
    if (data === undefined) this.#held.delete(key);
    else this.#held.set(key, { version, data });
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

function isOlder(version: Version, than: Version | undefined): boolean {
  return than !== undefined && compareVersions(version, than) < 0;
}
