import { toEphemeralWireEvent } from '../../../backbone/domain/ephemeral-event.ts';
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { toWireEvent } from '../../../backbone/domain/event.ts';
import { type Cursor, formatCursor } from '../../../packages/protocol/cursor.ts';
import type { PollResponse } from '../../../packages/protocol/index.ts';
import type { PollPage } from '../hub/poll.ts';

/**
 * How much data is encoded at once, exceeded by one event at most: a tenth of a millisecond of work, or half
 * a millisecond if every character needs an escape.
 */
const PIECE_CHARS = 16 * 1024;

/** A part of a response. It takes as many bytes of memory as it has bytes of content: a string is ASCII. */
export type Part = string | Buffer;

/**
 * A {@link PollResponse} as JSON, encoded piece by piece.
 * @param turn runs the work for one piece when its turn comes
 */
export async function encodePage(
  channels: readonly string[],
  { events, ephemeral, presence, cursor, resets }: PollPage,
  turn: (work: () => Part) => Promise<Part>,
): Promise<readonly Part[]> {
  const parts: Part[] = ['{"events":['];
  for (const piece of pieces(events)) {
    const separator = parts.length === 1 ? '' : ',';
    parts.push(await turn(() => toPart(separator + piece.map((event) => JSON.stringify(toWireEvent(event))).join(','))));
  }
  const rest: Omit<PollResponse, 'events' | 'presence'> = {
    ...(ephemeral.length > 0 && { ephemeral: ephemeral.map(toEphemeralWireEvent) }),
    cursor: cursor.size === 0 ? '' : formatCursor(channels, cursor as Cursor),
    ...(resets.length > 0 && { resets }),
  };
  if (presence.length > 0)
    parts.push('],"presence":[', ...presence.flatMap((text, at) => (at === 0 ? [toPart(text)] : [',', toPart(text)])));
  return [...parts, `],${JSON.stringify(rest).slice(1)}`];
}

/**
 * ASCII stays a string until it is written: buffers are outside V8's heap, and V8 makes a full collection for
 * every 64 MB of them. Other strings may take two bytes per character, so they become buffers.
 */
export function toPart(text: string): Part {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text);
}

function* pieces(events: readonly ChannelEvent[]): Generator<readonly ChannelEvent[]> {
  for (let from = 0; from < events.length; ) {
    let to = from;
    for (let chars = 0; to < events.length && chars < PIECE_CHARS; to++) chars += events[to]?.data.length ?? 0;
    yield events.slice(from, to);
    from = to;
  }
}
