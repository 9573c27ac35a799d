import type { PresenceNotification, PresenceRow } from '../../../../backbone/domain/presence.ts';
import { PresenceView } from '../../../../backbone/domain/presence-view.ts';
import type { PresenceRead } from '../../../../backbone/ports.ts';
import type { PresenceChange, PresenceChanges, PresenceResponse } from '../../../../packages/protocol/index.ts';
import { MAX_LISTED_MEMBERS, stateOfCount } from '../../../../packages/protocol/presence.ts';
import { toChunk } from '../../chunked-coding.ts';
import { presenceBody } from '../../sse-encoding.ts';

/** A stream or a waiting poll that follows the channel's presence. */
export interface PresenceReader {
  /** There is something new, or there may be room for what is old. */
  wake(): void;
  /** The channel has lost its place to somebody who follows fewer channels. */
  evicted(): void;
}

/** A part of what has changed, or of a snapshot. */
export interface PresenceEntry {
  /** A {@link PresenceChanges} as JSON. */
  readonly json: string;
  /** The same as a frame of a stream. All streams share it. */
  readonly chunk: Buffer;
}

/** An entry that begins a change, or continues one. */
interface HistoryEntry extends PresenceEntry {
  /** The state before the change, if the entry begins one. */
  readonly before: string | undefined;
}

/** What readers that are behind can be given; others get a snapshot. */
const MAX_HISTORY = 64;
const MAX_HISTORY_BYTES = 128 * 1_024;

/** A part is closed when it has this many characters. */
const PART_CHARS = 24 * 1_024;

/** Memory of a member: objects, and texts as JSON besides. */
const MEMBER_BYTES = 512;

/** The presence of one channel as this task sees it. Exists while somebody follows it, and a while longer. */
export class PresenceFeed {
  readonly channel: string;
  /** Who followed it first. */
  readonly principal: string;
  readonly readers = new Set<PresenceReader>();
  /** Streams and polls that have acquired the feed. */
  users = 0;
  /** Others needed its place. */
  isEvicted = false;
  /** When the last of them released it. */
  idleSinceMs = 0;
  readonly #opening = Promise.withResolvers<void>();
  #isOpen = false;
  /** Tasks whose members are known here. */
  readonly owners = new Set<string>();
  /** When the first row lapses that has a lease of its own. */
  lapsesAtMs = Number.POSITIVE_INFINITY;
  /** When the store must be read again. */
  readAtMs = 0;
  isReading = false;
  /** Undefined if there are too many members to list, or no memory for them. */
  #view: PresenceView | undefined = new PresenceView();
  #count = 0;
  readonly #changed = new Map<string, PresenceChange>();
  #history: HistoryEntry[] = [];
  #historyBytes = 0;
  /** The ordinal of the first entry of the history. */
  #start = 0;
  /** The state that the last entry leads to. */
  #state = '';
  #snapshot: readonly PresenceEntry[] | undefined;
  /** Whether the members are different, or unknown, since the last entry, and no entry says how. */
  #isReset = true;

  constructor(channel: string, principal: string) {
    this.channel = channel;
    this.principal = principal;
    // Perhaps nobody is waiting for it.
    this.#opening.promise.catch(() => {});
  }

  /** Resolves when the store was read for the first time; rejects if that failed, and resolves later nevertheless. */
  get opened(): Promise<void> {
    return this.#opening.promise;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether everything that is known was cut into entries. */
  get isSettled(): boolean {
    return this.#isOpen && !this.#isReset && this.#changed.size === 0;
  }

  /** Whether only the count is known. */
  get isCounted(): boolean {
    return this.#view === undefined;
  }

  get count(): number {
    return this.#view?.count ?? this.#count;
  }

  get state(): string {
    return this.#state;
  }

  /** The ordinal that the next entry will have. */
  get end(): number {
    return this.#start + this.#history.length;
  }

  /** About how much memory the members take, with a snapshot and what is kept for readers that are behind. */
  get bytes(): number {
    let bytes = 2 * this.#historyBytes;
    for (const { id, data = '' } of this.#view?.members ?? []) bytes += MEMBER_BYTES + 4 * (id.length + data.length);
    return bytes;
  }

  /** What is known at this moment, also what was not cut yet. */
  get current(): PresenceResponse {
    const { channel, count } = this;
    if (this.#view === undefined) return { channel, count, state: stateOfCount(count) };
    return { channel, count, members: [...this.#view.members], state: this.#view.state };
  }

  fail(error: unknown): void {
    this.#opening.reject(error);
  }

  /** Takes a change of one owner. @returns whether a cut is due */
  take({ channel, owner, changes }: PresenceNotification): boolean {
    const view = this.#view;
    if (view === undefined || !this.#isOpen) return false;
    const rows = changes.map((change) => ({ channel, owner, ...change }));
    this.#noteLeases(rows);
    return this.#note(view.take(rows));
  }

  /**
   * Takes what the store has.
   * @param sinceMs when the read began
   * @returns whether a cut is due
   */
  takeRead({ count, rows }: PresenceRead, sinceMs: number): boolean {
    this.#isOpen = true;
    this.#opening.resolve();
    if (rows === undefined) {
      if (!this.isCounted || count !== this.#count) this.#isReset = true;
      this.#view = undefined;
      this.#count = count;
      return this.#isReset;
    }
    if (this.#view === undefined) {
      this.#view = new PresenceView();
      this.#isReset = true;
    }
    const changes = this.#view.replace(rows, sinceMs);
    this.owners.clear();
    this.lapsesAtMs = Number.POSITIVE_INFINITY;
    this.#noteLeases(this.#view.rows());
    return this.#note(changes);
  }

  /** Forgets the members of a task whose lease has lapsed. @returns whether a cut is due */
  dropOwner(lapsed: string): boolean {
    this.owners.delete(lapsed);
    return this.#note(this.#view?.drop(({ owner, leaseUntilMs }) => owner === lapsed && leaseUntilMs === undefined) ?? []);
  }

  /** Forgets the rows whose own lease has lapsed. @returns whether a cut is due */
  dropLapsed(nowMs: number): boolean {
    const changes = this.#view?.drop(({ leaseUntilMs }) => leaseUntilMs !== undefined && leaseUntilMs <= nowMs) ?? [];
    this.lapsesAtMs = Number.POSITIVE_INFINITY;
    this.#noteLeases(this.#view?.rows() ?? []);
    return this.#note(changes);
  }

  /** Forgets the names, for lack of memory. @returns whether a cut is due */
  forgetNames(): boolean {
    if (this.#view === undefined) return false;
    this.#count = this.#view.count;
    this.#view = undefined;
    this.#changed.clear();
    this.#isReset = true;
    return this.#isOpen;
  }

  /** Makes entries of what has changed since the last time. */
  cut(): void {
    const before = this.#state;
    if (!this.#isOpen) return;
    if (this.#view !== undefined && this.#view.count > MAX_LISTED_MEMBERS) this.forgetNames();
    this.#state = this.#view?.state ?? stateOfCount(this.#count);
    if (this.#isReset) {
      // Whoever reads an ordinal before this one gets a snapshot.
      this.#start = this.end + 1;
      this.#history = [];
      this.#historyBytes = 0;
      this.#isReset = false;
    } else if (this.#changed.size > 0) {
      const entries = this.#entries([...this.#changed.values()], {});
      this.#history.push(...entries.map((entry, at) => ({ ...entry, before: at === 0 ? before : undefined })));
      for (const { json } of entries) this.#historyBytes += 2 * json.length;
      this.#trim();
    }
    this.#changed.clear();
    this.#snapshot = undefined;
  }

  /** The entry at an ordinal; undefined if it was dropped or is yet to come. */
  at(ordinal: number): PresenceEntry | undefined {
    return this.#history[ordinal - this.#start];
  }

  /** Where a reader with this state continues; undefined if it needs a snapshot. */
  locate(state: string): number | undefined {
    if (state === this.#state) return this.end;
    const index = this.#history.findLastIndex(({ before }) => before === state);
    return index < 0 ? undefined : this.#start + index;
  }

  /** Everybody, as of the last cut. Call it when the feed is settled. */
  snapshot(): readonly PresenceEntry[] {
    this.#snapshot ??= this.#entries(this.#view === undefined ? undefined : [...this.#view.members], { snapshot: true });
    return this.#snapshot;
  }

  #noteLeases(rows: Iterable<PresenceRow>): void {
    for (const { owner, connections, leaseUntilMs } of rows) {
      if (connections === 0) continue;
      if (leaseUntilMs === undefined) this.owners.add(owner);
      else this.lapsesAtMs = Math.min(this.lapsesAtMs, leaseUntilMs);
    }
  }

  #note(changes: readonly PresenceChange[]): boolean {
    for (const change of changes) this.#changed.set(change.id, change);
    return this.#isOpen && (this.#isReset || this.#changed.size > 0);
  }

  #entries(changes: readonly PresenceChange[] | undefined, extra: Pick<PresenceChanges, 'snapshot'>): readonly PresenceEntry[] {
    const { channel, count } = this;
    const state = this.#state;
    if (changes === undefined) return [encode({ channel, count, state })];
    const parts = pack(changes);
    return parts.map((part, at) =>
      encode({
        channel,
        count,
        changes: part,
        ...(at === 0 && extra),
        ...(at < parts.length - 1 && { more: true as const }),
        state,
      }),
    );
  }

  #trim(): void {
    while (this.#history.length > MAX_HISTORY || this.#historyBytes > MAX_HISTORY_BYTES) {
      const [first] = this.#history.splice(0, 1);
      this.#start++;
      this.#historyBytes -= 2 * (first?.json.length ?? 0);
    }
  }
}

function encode(changes: PresenceChanges): PresenceEntry {
  const json = JSON.stringify(changes);
  return { json, chunk: toChunk(presenceBody(json)) };
}

/** At least one part, which may be empty. */
function pack(changes: readonly PresenceChange[]): readonly (readonly PresenceChange[])[] {
  const parts: PresenceChange[][] = [[]];
  let chars = 0;
  for (const change of changes) {
    if (chars > PART_CHARS) {
      parts.push([]);
      chars = 0;
    }
    parts.at(-1)?.push(change);
    chars += change.id.length + (change.data?.length ?? 0) + 40;
  }
  return parts;
}
