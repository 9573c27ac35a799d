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

/**
 * A {@link PollResponse} as JSON, encoded piece by piece.
 * @param turn runs the work for one piece when its turn comes
 */
export async function encodePage(
  channels: readonly string[],
  { events, ephemeral, latest, presence, cursor, resets }: PollPage,
  turn: (work: () => Part) => Promise<Part>,
): Promise<readonly Part[]> {
  const more: Part[] = [];
  for (const [at, { channel, events: entries, snapshot, state }] of latest.entries()) {
    more.push(`${at === 0 ? ',"latest":[' : ','}{"channel":${JSON.stringify(channel)},"entries":[`);
    let separator = '';
    for (const piece of pieces(entries)) {
      const before = separator;
      more.push(await turn(() => toPart(before + piece.map((event) => JSON.stringify(toLatestEntry(event))).join(','))));
      separator = ',';
    }
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
 * @param turn as for {@link encodePage}
 * @param encoded more of the response that is JSON already, with a comma in front
 */
export async function encodeEvents(
  events: readonly ChannelEvent[],
  rest: object,
  turn: (work: () => Part) => Promise<Part>,
  encoded: readonly Part[] = [],
): Promise<readonly Part[]> {
  const parts: Part[] = ['{"events":['];
  for (const piece of pieces(events)) {
    const separator = parts.length === 1 ? '' : ',';
    parts.push(await turn(() => toPart(separator + piece.map((event) => JSON.stringify(toWireEvent(event))).join(','))));
  }
  return [...parts, ']', ...encoded, `,${JSON.stringify(rest).slice(1)}`];
}

/**
 * ASCII stays a string until it is written: buffers are outside V8's heap, and V8 makes a full collection for
 * every 64 MB of them. Other strings may take two bytes per character, so they become buffers.
 */
export function toPart(text: string): Part {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text);
}

function* pieces<Event extends { readonly data?: string }>(events: readonly Event[]): Generator<readonly Event[]> {
  for (let from = 0; from < events.length; ) {
    let to = from;
    for (let chars = 0; to < events.length && chars < PIECE_CHARS; to++) chars += ENVELOPE_CHARS + (events[to]?.data?.length ?? 0);
    yield events.slice(from, to);
    from = to;
  }
}
