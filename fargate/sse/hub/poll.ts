import type { EphemeralEvent } from '../../../backbone/domain/ephemeral-event.ts';
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import type { ChannelPosition, Cursor } from '../../../packages/protocol/cursor.ts';
import type { Reset } from '../../../packages/protocol/index.ts';
import { placesBeforeLast } from './before-last.ts';
import { type CatchUpOptions, catchUp } from './catch-up.ts';
import type { PollInbox } from './ephemeral/poll-inbox.ts';
import type { Feed } from './feed.ts';
import type { Start } from './followed.ts';
import { jsonBytes } from './json-bytes.ts';
import type { LatestFeed } from './latest/latest-feed.ts';
import { type LatestNews, PolledChannels } from './latest/polled-channels.ts';
import type { PageMemory } from './page-memory.ts';
import type { PollPresence } from './presence/poll-presence.ts';
import type { Ring } from './ring.ts';

export interface PollPage {
  /** In order within each channel. */
  readonly events: readonly ChannelEvent[];
  /** What came on ephemeral channels while the poll waited. */
  readonly ephemeral: readonly EphemeralEvent[];
  /** What has changed on `latest` channels. */
  readonly latest: readonly LatestNews[];
  /** What has changed of who is present, each as JSON. */
  readonly presence: readonly string[];
  /** One position per durable channel. */
  readonly cursor: Cursor;
  readonly resets: readonly Reset[];
}

/** A client that gets a full page asks again at once. */
const MAX_EVENTS = 500;

/** What a poll reads. */
export interface PollSources {
  readonly feeds: readonly Feed[];
  readonly latest: readonly LatestFeed[];
  readonly inbox: PollInbox;
  /** Undefined if the poll does not follow who is present. */
  readonly presence: PollPresence | undefined;
}

/**
 * The events after a cursor, or the last events of the channels that it leaves out, at most one page. If there are none,
 * waits for the first.
 *
 * @param principal whose turn it is when the log is read
 * @param memory bounds the page by what its reader may hold; empty pages hold nothing
 * @param until ends the waiting without an error
 * @param signal aborts when the client has left or others need the memory
 * @throws NoMemoryError if there was no memory for a page
 */
export async function poll(
  { feeds, latest, inbox, presence }: PollSources,
  { cursor: after, last, states }: Start,
  principal: string,
  memory: PageMemory,
  until: AbortSignal,
  signal: AbortSignal,
  options: CatchUpOptions,
): Promise<PollPage> {
  await Promise.all([...feeds, ...latest].map(({ opened }) => opened));
  signal.throwIfAborted();
  const begins = last === undefined ? [] : feeds.filter(({ channel }) => !after?.has(channel));
  const places = await placesBeforeLast(begins, last ?? 0, { principal }, signal, options);
  const page = new Page(feeds, new Map([...(after ?? []), ...places]));
  const news = new PolledChannels(latest, states);
  for (;;) {
    const needed = page.needed(feeds);
    const { bytes, firstBytes } = news.pending();
    page.maxBytes = await memory.take(needed === undefined ? undefined : needed + inbox.bytes + bytes, signal, firstBytes);
    for (const feed of feeds) await page.collect(feed, principal, signal, options);
    if (inbox.bytes > 0) page.addEphemeral(inbox);
    page.addLatest(news);
    if (presence !== undefined) page.presence = presence.take();
    memory.shrink(page.bytes);
    if (!page.isEmpty || (until.aborted && presence?.isReady !== false)) return page;
    // Events never wait for presence, but a poll that does not wait for anything else has to say who is present.
    if (until.aborted) await presence?.ready;
    else await anyAdvanced({ feeds, latest, inbox, presence }, page.cursor, until, signal);
  }
}

/** Ends the waiting on the other feeds when one of them has woken the poll. */
const AWAKE = new Error('a poll has awoken');

/** Resolves when a feed has moved beyond the cursor, or the waiting is over. */
async function anyAdvanced(
  { feeds, latest, inbox, presence }: PollSources,
  cursor: Cursor,
  until: AbortSignal,
  signal: AbortSignal,
): Promise<void> {
  // While the last feeds were collected, the first may have moved on.
  if (feeds.some(({ channel, position }) => !reaches(cursor.get(channel), position))) return;
  const awake = new AbortController();
  const waiting = AbortSignal.any([until, signal, awake.signal]);
  try {
    await Promise.race([
      inbox.arrived,
      aborted(waiting),
      ...(presence === undefined ? [] : [presence.arrived]),
      ...feeds.map((feed) => feed.advanced(waiting)),
      ...latest.map((feed) => feed.changed(waiting)),
    ]);
  } catch (error) {
    signal.throwIfAborted();
    if (!until.aborted) throw error;
  } finally {
    awake.abort(AWAKE);
  }
}

/** Rejects when the signal aborts, with its reason. */
function aborted(signal: AbortSignal): Promise<never> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

/**
 * True also for a client that was further ahead on another task, while this task's feed has not caught up
 * yet.
 */
function reaches(cursor: ChannelPosition | undefined, position: ChannelPosition): boolean {
  return cursor?.epoch === position.epoch && cursor.seq >= position.seq;
}

/** JSON bytes of the ring's events from an ordinal on, as far as one page may hold them. */
function ringBytes(ring: Ring, from: number): number {
  let bytes = 0;
  for (let ordinal = from; ordinal < Math.min(ring.end, from + MAX_EVENTS); ordinal++) {
    const { content } = ring.at(ordinal);
    if (content.kind === 'event') bytes += jsonBytes(content.event);
  }
  return bytes;
}

/** A page that is being collected. */
class Page implements PollPage {
  readonly events: ChannelEvent[] = [];
  readonly resets: Reset[] = [];
  ephemeral: readonly EphemeralEvent[] = [];
  latest: readonly LatestNews[] = [];
  presence: readonly string[] = [];
  readonly cursor: Map<string, ChannelPosition>;
  /**
   * Where to continue in each ring after the wait: a new epoch's events lie there after its reset, as for
   * streams.
   */
  readonly #next = new Map<Feed, number>();
  /** The page is full when it has reached this size: the last event may exceed it. */
  maxBytes = 0;
  /** Bytes of the page's events as JSON. */
  bytes = 0;

  constructor(feeds: readonly Feed[], after: Cursor) {
    this.cursor = new Map(feeds.map((feed) => [feed.channel, after.get(feed.channel) ?? feed.position]));
  }

  get isEmpty(): boolean {
    const { events, resets, ephemeral, latest, presence } = this;
    return [events, resets, ephemeral, latest, presence].every(({ length }) => length === 0);
  }

  get #isFull(): boolean {
    return this.events.length >= MAX_EVENTS || this.bytes >= this.maxBytes;
  }

  /** How many bytes of JSON are ready for the page; undefined if the log must be read. */
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

  /** The ordinal to continue at after a wait, if the ring still has it. */
  #ordinal(feed: Feed): number | undefined {
    const kept = this.#next.get(feed);
    return kept !== undefined && kept >= feed.ring.start ? kept : undefined;
  }

  /** Adds the channel's events after the cursor, as far as there is room. */
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
        // Another channel may have events: the poll waits for all of them together.
        feedIsBehind: async () => false,
      },
      signal,
      options,
    );
    if (ordinal !== undefined) this.#collectRing(feed, ordinal);
  }

  /** Adds what has come, whatever else the page holds: it would be lost otherwise. */
  addEphemeral(inbox: PollInbox): void {
    this.bytes += inbox.bytes;
    this.ephemeral = inbox.close();
  }

  /** Adds the channels that have changed, each as a whole, as far as there is room: at least one if there is nothing else. */
  addLatest(channels: PolledChannels): void {
    const { news, bytes } = channels.take(this.isEmpty, this.maxBytes - this.bytes);
    this.latest = news;
    this.bytes += bytes;
  }

  #collectRing(feed: Feed, from: number): void {
    for (let ordinal = from; ordinal < feed.ring.end; ordinal++) {
      if (this.#isFull) return;
      const { content, position } = feed.ring.at(ordinal);
      if (content.kind === 'event') this.#add(content.event);
      else this.#reset({ channel: feed.channel, reason: content.reason }, position);
    }
    // There may be tombstones after the last event.
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
