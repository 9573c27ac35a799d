import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import type { ChannelPosition, Cursor } from '../../../packages/protocol/cursor.ts';
import type { Reset } from '../../../packages/protocol/index.ts';
import { type CatchUpOptions, catchUp } from './catch-up.ts';
import type { Feed } from './feed.ts';
import { jsonBytes } from './json-bytes.ts';
import type { PageMemory } from './page-memory.ts';
import type { Ring } from './ring.ts';

export interface PollPage {
  /** In order within each channel. */
  readonly events: readonly ChannelEvent[];
  /** One position per channel. */
  readonly cursor: Cursor;
  readonly resets: readonly Reset[];
}

/** A client that gets a full page asks again at once. */
const MAX_EVENTS = 500;

/**
 * The events after a cursor, at most one page of them. Waits for the first when there are none.
 *
 * @param principal whose turn it is when the log is read
 * @param memory bounds the page by what its reader may hold; empty pages hold nothing
 * @param until ends the waiting, which is no error
 * @param signal the client has left, or the memory is needed by others
 * @throws NoMemoryError when there was no memory for a page
 */
export async function poll(
  feeds: readonly Feed[],
  after: Cursor | undefined,
  principal: string,
  memory: PageMemory,
  until: AbortSignal,
  signal: AbortSignal,
  options: CatchUpOptions,
): Promise<PollPage> {
  await Promise.all(feeds.map(({ opened }) => opened));
  signal.throwIfAborted();
  const page = new Page(feeds, after);
  for (;;) {
    page.maxBytes = await memory.take(page.needed(feeds), signal);
    for (const feed of feeds) await page.collect(feed, principal, signal, options);
    memory.shrink(page.bytes);
    if (!page.isEmpty || until.aborted) return page;
    await anyAdvanced(feeds, page.cursor, until, signal);
  }
}

/** Tells the other feeds that the poll no longer waits. */
const AWAKE = new Error('a poll has awoken');

/** Resolves when a feed has moved beyond the cursor, or the waiting is over. */
async function anyAdvanced(feeds: readonly Feed[], cursor: Cursor, until: AbortSignal, signal: AbortSignal): Promise<void> {
  // The feeds that were collected first may have moved on while the others were.
  if (feeds.some(({ channel, position }) => !reaches(cursor.get(channel), position))) return;
  const awake = new AbortController();
  const waiting = AbortSignal.any([until, signal, awake.signal]);
  try {
    await Promise.race(feeds.map((feed) => feed.advanced(waiting)));
  } catch (error) {
    signal.throwIfAborted();
    if (!until.aborted) throw error;
  } finally {
    awake.abort(AWAKE);
  }
}

/** Also of a client that was further on another task, whose feed is still to come up. */
function reaches(cursor: ChannelPosition | undefined, position: ChannelPosition): boolean {
  return cursor?.epoch === position.epoch && cursor.seq >= position.seq;
}

/** What the events of a ring take as JSON, as far as one page may hold them. */
function ringBytes(ring: Ring, from: number): number {
  let bytes = 0;
  for (let ordinal = from; ordinal < Math.min(ring.end, from + MAX_EVENTS); ordinal++) {
    const { content } = ring.at(ordinal);
    if (content.kind === 'event') bytes += jsonBytes(content.event);
  }
  return bytes;
}

/** A page in the making. */
class Page implements PollPage {
  readonly events: ChannelEvent[] = [];
  readonly resets: Reset[] = [];
  readonly cursor: Map<string, ChannelPosition>;
  /** Where each ring is read on after the wait: what a new epoch has brought lies there behind its reset, as for streams. */
  readonly #next = new Map<Feed, number>();
  /** A page is full when it has reached this: the last event may pass it. */
  maxBytes = 0;
  /** What its events take as JSON. */
  bytes = 0;

  constructor(feeds: readonly Feed[], after: Cursor | undefined) {
    this.cursor = new Map(feeds.map((feed) => [feed.channel, after?.get(feed.channel) ?? feed.position]));
  }

  get isEmpty(): boolean {
    return this.events.length === 0 && this.resets.length === 0;
  }

  get #isFull(): boolean {
    return this.events.length >= MAX_EVENTS || this.bytes >= this.maxBytes;
  }

  /** How many bytes of JSON are ready for it; undefined when the log has to be asked. */
  needed(feeds: readonly Feed[]): number | undefined {
    let bytes = 0;
    for (const feed of feeds) {
      const position = this.cursor.get(feed.channel);
      const ordinal = this.#ordinal(feed) ?? (position && feed.locate(position));
      if (ordinal === undefined) return undefined;
      bytes += ringBytes(feed.ring, ordinal);
    }
    return bytes;
  }

  /** Where the ring is read on after a wait. */
  #ordinal(feed: Feed): number | undefined {
    const kept = this.#next.get(feed);
    return kept !== undefined && kept >= feed.ring.start ? kept : undefined;
  }

  /** Adds what the channel has after the cursor, as far as there is room. */
  async collect(feed: Feed, principal: string, signal: AbortSignal, options: CatchUpOptions): Promise<void> {
    const from = this.cursor.get(feed.channel);
    if (from === undefined || this.#isFull) return;
    const kept = this.#ordinal(feed);
    if (kept !== undefined) {
      this.#collectRing(feed, kept);
      return;
    }
    const ordinal = await catchUp(
      feed,
      from,
      {
        principal,
        turn: undefined,
        events: async (events) => this.#addSome(events),
        reset: async (reason, position) => this.#reset({ channel: feed.channel, reason }, position),
        wantsMore: async () => !this.#isFull,
        // The other channels may have something: it is waited for them all together.
        feedIsBehind: async () => false,
      },
      signal,
      options,
    );
    if (ordinal !== undefined) this.#collectRing(feed, ordinal);
  }

  #collectRing(feed: Feed, from: number): void {
    for (let ordinal = from; ordinal < feed.ring.end; ordinal++) {
      if (this.#isFull) return;
      const { content, position } = feed.ring.at(ordinal);
      if (content.kind === 'event') this.#add(content.event);
      else this.#reset({ channel: feed.channel, reason: content.reason }, position);
    }
    // Behind the last event there may be tombstones.
    this.cursor.set(feed.channel, feed.position);
    this.#next.set(feed, feed.ring.end);
  }

  /** @returns how many there was room for */
  #addSome(events: readonly ChannelEvent[]): number {
    let added = 0;
    for (const event of events) {
      if (this.#isFull) break;
      this.#add(event);
      added++;
    }
    return added;
  }

  #add(event: ChannelEvent): void {
    this.events.push(event);
    this.cursor.set(event.channel, { epoch: event.epoch, seq: event.seq });
    this.bytes += jsonBytes(event);
  }

  #reset(reset: Reset, position: ChannelPosition): void {
    this.resets.push(reset);
    this.cursor.set(reset.channel, position);
  }
}
