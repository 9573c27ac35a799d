import { isExpiredAt, type LatestEvent, REMOVAL_LIFETIME_MS, toExpired } from '../../../../backbone/domain/latest-event.ts';
import { StateTag } from '../../../../packages/protocol/state-tag.ts';
import { formatVersion, supersedes } from '../../../../packages/protocol/version.ts';
import { once } from '../once.ts';
import { latestFrame } from './latest-frames.ts';

/** Objects, short texts and links of one key, besides its data. */
const SLOT_BYTES = 700;

/** The data is there as text, and encoded once for all streams. */
const BYTES_PER_CHARACTER = 3;

/** How long the end of a key is kept at least after it was noticed: no stream is that far behind and still open. */
const MIN_REMOVAL_MS = 60_000;

/** States that a client may come back with and get only what has changed since. */
const MAX_TAGS = 256;

/** A key in the order of the last changes. */
export interface Slot {
  readonly event: LatestEvent;
  /** Counts the changes of the channel on this task. */
  readonly ordinal: number;
  readonly changedAtMs: number;
  /** As an event of a stream. */
  readonly frame: () => Buffer;
  older: Slot | undefined;
  newer: Slot | undefined;
}

/**
 * What a task knows of a `latest` channel: one version per key, in the order of the last changes. Whoever has everything up to an
 * ordinal takes what has changed after it. So a slow reader skips versions by itself, and what is kept does not depend on readers.
 */
export class LatestState {
  readonly #slots = new Map<string, Slot>();
  readonly #tag = new StateTag();
  /** Tags that clients have, with what they had of the channel then. */
  readonly #handedOut = new Map<string, number>();
  #newest: Slot | undefined;
  #ordinal = 0;
  #floor = 0;
  #keys = 0;
  #memoryBytes = 0;

  /** Of the newest change. */
  get ordinal(): number {
    return this.#ordinal;
  }

  /** Whoever has less than everything up to this ordinal may have missed the end of a key, and needs a snapshot. */
  get floor(): number {
    return this.#floor;
  }

  /** How many keys the channel has. */
  get keys(): number {
    return this.#keys;
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** What changed last. */
  get newest(): LatestEvent | undefined {
    return this.#newest?.event;
  }

  /** What the state is called. */
  get tag(): string {
    return this.#tag.toString();
  }

  /** The tag for a client that may come back with it: {@link ordinalOf} knows it for a while. */
  takeTag(): string {
    const { tag } = this;
    this.#handedOut.delete(tag);
    this.#handedOut.set(tag, this.#ordinal);
    const [oldest] = this.#handedOut.keys();
    if (this.#handedOut.size > MAX_TAGS && oldest !== undefined) this.#handedOut.delete(oldest);
    return tag;
  }

  /** Up to where whoever has this state has everything; undefined if it is not known. */
  ordinalOf(tag: string | undefined): number | undefined {
    if (tag === this.tag) return this.#ordinal;
    const ordinal = tag === undefined ? undefined : this.#handedOut.get(tag);
    return ordinal === undefined || ordinal < this.#floor ? undefined : ordinal;
  }

  /** @returns whether it replaces what is known of its key */
  apply(event: LatestEvent, nowMs: number): boolean {
    const come = isExpiredAt(event, nowMs) ? toExpired(event) : event;
    if (!supersedes(come, this.#slots.get(come.key)?.event)) return false;
    this.#put(come, nowMs);
    return true;
  }

  /** Ends what has expired, and forgets what ended long ago. @returns whether a key has ended */
  sweep(nowMs: number): boolean {
    let ended = false;
    for (const slot of [...this.#slots.values()]) {
      if (slot.event.removed === true) {
        if (isForgettable(slot, nowMs)) this.#forget(slot);
      } else if (isExpiredAt(slot.event, nowMs)) {
        this.#put(toExpired(slot.event), nowMs);
        ended = true;
      }
    }
    return ended;
  }

  /** Ends the keys that the table has lost. @returns whether there were any */
  endMissing(present: ReadonlySet<string>, publishedBeforeMs: number, nowMs: number): boolean {
    const missing = [...this.#slots.values()].filter(
      ({ event }) => event.removed !== true && !present.has(event.key) && event.publishedAtMs < publishedBeforeMs,
    );
    for (const { event } of missing) this.#put(toExpired(event), nowMs);
    return missing.length > 0;
  }

  /** The keys that the channel has, each once, also those that change or come in the meantime. */
  *held(): Generator<Slot> {
    for (const slot of this.#slots.values()) if (slot.event.removed !== true) yield slot;
  }

  /** What has changed after an ordinal, ends of keys included, the oldest change first. */
  *changedAfter(ordinal: number): Generator<Slot> {
    let slot = this.#newest;
    while (slot?.older !== undefined && slot.older.ordinal > ordinal) slot = slot.older;
    for (; slot !== undefined; slot = slot.newer) if (slot.ordinal > ordinal) yield slot;
  }

  #put(event: LatestEvent, changedAtMs: number): void {
    const before = this.#slots.get(event.key);
    if (before !== undefined) this.#leave(before);
    const slot: Slot = {
      event,
      ordinal: ++this.#ordinal,
      changedAtMs,
      frame: once(() => latestFrame(event)),
      older: this.#newest,
      newer: undefined,
    };
    if (this.#newest !== undefined) this.#newest.newer = slot;
    this.#newest = slot;
    // Stays where it is among the keys, so that whoever goes through them meets it once.
    this.#slots.set(event.key, slot);
    this.#count(slot, 1);
  }

  #forget(slot: Slot): void {
    this.#leave(slot);
    this.#slots.delete(slot.event.key);
    this.#floor = Math.max(this.#floor, slot.ordinal);
  }

  #leave(slot: Slot): void {
    if (slot.newer === undefined) this.#newest = slot.older;
    else slot.newer.older = slot.older;
    if (slot.older !== undefined) slot.older.newer = slot.newer;
    this.#count(slot, -1);
  }

  #count({ event }: Slot, by: 1 | -1): void {
    this.#memoryBytes += by * (SLOT_BYTES + BYTES_PER_CHARACTER * (event.data?.length ?? 0));
    if (event.removed === true) return;
    this.#keys += by;
    this.#tag.toggle(event.key, formatVersion(event.version));
  }
}

/** An older event of the key that still comes is outdated by then, and dropped for that. */
function isForgettable({ event, changedAtMs }: Slot, nowMs: number): boolean {
  return nowMs >= Math.max(event.publishedAtMs + REMOVAL_LIFETIME_MS, changedAtMs + MIN_REMOVAL_MS);
}
