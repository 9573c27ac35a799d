import { toEphemeralWireEvent } from '../../../backbone/domain/ephemeral-event.ts';
import { type ChannelEvent, toWireEvent } from '../../../backbone/domain/event.ts';
import { toLatestEntry } from '../../../backbone/domain/latest-event.ts';
import { type Cursor, formatCursor } from '../../../packages/protocol/cursor.ts';
import type { PollResponse } from '../../../packages/protocol/index.ts';
import type { PollPage } from '../hub/poll.ts';

/**
 * How much data is encoded at once, exceeded by one event at most: a tenth of a millisecond of work, or half
 * a millisecond if every character needs an escape.
 */
const PIECE_CHARS = 16 * 1024;

/** What an event has besides its data. */
const ENVELOPE_CHARS = 100;

/** A part of a response. It takes as many bytes of memory as it has bytes of content: a string is ASCII. */
export type Part = string | Buffer;

/** Runs the work for one part when its turn comes. */
export type Turn = (work: () => Part) => Promise<Part>;

/** A {@link PollResponse} as JSON, encoded piece by piece. */
export async function encodePage(
  channels: readonly string[],
  { events, ephemeral, latest, presence, cursor, resets }: PollPage,
  turn: Turn,
): Promise<readonly Part[]> {
  const more: Part[] = [];
  for (const [at, { channel, events: entries, snapshot, state }] of latest.entries()) {
    more.push(`${at === 0 ? ',"latest":[' : ','}{"channel":${JSON.stringify(channel)},"entries":[`);
    more.push(...(await encodeItems(entries, toLatestEntry, turn)));
    more.push(`],"snapshot":${snapshot},"state":${JSON.stringify(state)}}`);
  }
  if (latest.length > 0) more.push(']');
  if (presence.length > 0) {
    more.push(',"presence":[', ...presence.flatMap((text, at) => (at === 0 ? [toPart(text)] : [',', toPart(text)])), ']');
  }
  const rest: Omit<PollResponse, 'events' | 'latest' | 'presence'> = {
    ...(ephemeral.length > 0 && { ephemeral: ephemeral.map(toEphemeralWireEvent) }),
    cursor: cursor.size === 0 ? '' : formatCursor(channels, cursor as Cursor),
    ...(resets.length > 0 && { resets }),
  };
  return encodeEvents(events, rest, turn, more);
}

/**
 * Events and what else a response has, as JSON, encoded piece by piece.
 * @param encoded more of the response that is JSON already, with a comma in front
 */
export async function encodeEvents(
  events: readonly ChannelEvent[],
  rest: object,
  turn: Turn,
  encoded: readonly Part[] = [],
): Promise<readonly Part[]> {
  return ['{"events":[', ...(await encodeItems(events, toWireEvent, turn)), ']', ...encoded, `,${JSON.stringify(rest).slice(1)}`];
}

/** The items of a JSON array, with commas between them, encoded piece by piece. */
export async function encodeItems<Item extends { readonly data?: string }>(
  items: readonly Item[],
  toWire: (item: Item) => object,
  turn: Turn,
): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const piece of pieces(items)) {
    const separator = parts.length === 0 ? '' : ',';
    parts.push(await turn(() => toPart(separator + piece.map((item) => JSON.stringify(toWire(item))).join(','))));
  }
  return parts;
}

/**
 * ASCII stays a string until it is written: buffers are outside V8's heap, and V8 makes a full collection for
 * every 64 MB of them. Other strings may take two bytes per character, so they become buffers.
 */
export function toPart(text: string): Part {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text);
}

function* pieces<Item extends { readonly data?: string }>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; ) {
    let to = from;
    for (let chars = 0; to < items.length && chars < PIECE_CHARS; to++) chars += ENVELOPE_CHARS + (items[to]?.data?.length ?? 0);
    yield items.slice(from, to);
    from = to;
  }
}
