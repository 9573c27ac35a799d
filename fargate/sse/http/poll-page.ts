import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { toWireEvent } from '../../../backbone/domain/event.ts';
import { type Cursor, formatCursor } from '../../../packages/protocol/cursor.ts';
import type { PollResponse } from '../../../packages/protocol/index.ts';
import type { PollPage } from '../hub/poll.ts';

/** Data encoded at once, and one event more: a tenth of a millisecond of work, or a half where every character has to be escaped. */
const PIECE_CHARS = 16 * 1024;

/** A part of an answer. It takes as much memory as it has bytes: a string is ASCII. */
export type Part = string | Buffer;

/**
 * A {@link PollResponse} as JSON, encoded piece by piece.
 * @param turn does one piece when its turn comes
 */
export async function encodePage(
  channels: readonly string[],
  { events, cursor, resets }: PollPage,
  turn: (work: () => Part) => Promise<Part>,
): Promise<readonly Part[]> {
  const parts: Part[] = ['{"events":['];
  for (const piece of pieces(events)) {
    const separator = parts.length === 1 ? '' : ',';
    parts.push(await turn(() => toPart(separator + piece.map((event) => JSON.stringify(toWireEvent(event))).join(','))));
  }
  const rest: Omit<PollResponse, 'events'> = { cursor: formatCursor(channels, cursor as Cursor), ...(resets.length > 0 && { resets }) };
  return [...parts, `],${JSON.stringify(rest).slice(1)}`];
}

/**
 * ASCII stays a string until it is written: buffers lie outside V8's heap, and V8 makes a full collection for every 64 MB of them. Any
 * other string may take two bytes for each character.
 */
function toPart(text: string): Part {
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
