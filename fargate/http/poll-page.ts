import { type Cursor, formatCursor } from '../../backbone/domain/cursor.ts';
import type { LaneEvent } from '../../backbone/domain/event.ts';
import { toWireEvent } from '../../backbone/domain/event.ts';
import type { PollAnswer } from '../../backbone/protocol.ts';
import type { PollPage } from '../hub/poll.ts';

/** Data encoded at once, and one event more: a tenth of a millisecond of work, or a half where every character has to be escaped. */
const PIECE_CHARS = 16 * 1024;

/**
 * A {@link PollAnswer} as JSON, encoded piece by piece. The pieces stay strings until they are written: buffers lie outside of V8's heap,
 * and V8 would stop everybody for 64 MB of them, a hundred times a minute where clients poll large pages.
 * @param turn does one piece when its turn comes
 */
export async function encodePage(
  channels: readonly string[],
  { events, cursor, resets }: PollPage,
  turn: (work: () => string) => Promise<string>,
): Promise<readonly string[]> {
  const parts = ['{"events":['];
  for (const piece of pieces(events)) {
    const separator = parts.length === 1 ? '' : ',';
    parts.push(await turn(() => separator + piece.map((event) => JSON.stringify(toWireEvent(event))).join(',')));
  }
  const rest: Omit<PollAnswer, 'events'> = { cursor: formatCursor(channels, cursor as Cursor), ...(resets.length > 0 && { resets }) };
  return [...parts, `],${JSON.stringify(rest).slice(1)}`];
}

function* pieces(events: readonly LaneEvent[]): Generator<readonly LaneEvent[]> {
  for (let from = 0; from < events.length; ) {
    let to = from;
    for (let chars = 0; to < events.length && chars < PIECE_CHARS; to++) chars += events[to]?.data.length ?? 0;
    yield events.slice(from, to);
    from = to;
  }
}
