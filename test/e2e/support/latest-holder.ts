import type { LatestEntry } from '../../../packages/protocol/index.ts';
import { stateTag } from '../../../packages/protocol/state-tag.ts';
import { parseVersion, supersedes, type Versioned } from '../../../packages/protocol/version.ts';

/** What one reader of a `latest` channel holds, as the protocol tells clients to. */
export class LatestHolder {
  /** What came although something newer was there. */
  readonly stepsBack: LatestEntry[] = [];
  readonly #held = new Map<string, LatestEntry>();
  #brought = new Set<string>();

  /** Data by key. */
  get data(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#values().map(({ key, data }) => [key, data]));
  }

  get state(): string {
    return stateTag(this.#values());
  }

  take(entry: LatestEntry): void {
    const held = this.#held.get(entry.key);
    this.#brought.add(entry.key);
    if (supersedes(versioned(entry), held && versioned(held))) this.#held.set(entry.key, entry);
    else if (entry.version !== held?.version) this.stepsBack.push(entry);
  }

  beginSnapshot(): void {
    this.#brought = new Set();
  }

  /** Everything that the snapshot did not bring is gone. */
  endSnapshot(): void {
    for (const key of this.#held.keys()) if (!this.#brought.has(key)) this.#held.delete(key);
  }

  #values() {
    return [...this.#held.values()].flatMap((entry) => ('data' in entry ? [entry] : []));
  }
}

function versioned(entry: LatestEntry): Versioned {
  return { version: parseVersion(entry.version), removed: 'removed' in entry };
}
