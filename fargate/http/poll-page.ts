import { type Cursor, formatCursor } from '../../backbone/domain/cursor.ts';
import type { LaneEvent } from '../../backbone/domain/event.ts';
import { toWireEvent } from '../../backbone/domain/event.ts';
import type { PollAnswer } from '../../backbone/protocol.ts';
import type { PollPage } from '../hub/poll.ts';

/** Data encoded at once, and one event more: a tenth of a millisecond of work, or a half where every character has to be escaped. */
const PIECE_CHARS = 16 * 1024;

/**
 * A {@link PollAnswer} as JSON, encoded piece by piece.
 * @param turn does one piece when its turn comes
 */
export async function encodePage(
  channels: readonly string[],
  { events, cursor, resets }: PollPage,
  turn: (work: () => Buffer) => Promise<Buffer>,
): Promise<Buffer> {
  const parts: Buffer[] = [Buffer.from('{"events":[')];
  for (const piece of pieces(events)) {
    const separator = parts.length === 1 ? '' : ',';
    parts.push(await turn(() => Buffer.from(separator + piece.map((event) => JSON.stringify(toWireEvent(event))).join(','))));
  }
  const rest: Omit<PollAnswer, 'events'> = { cursor: formatCursor(channels, cursor as Cursor), ...(resets.length > 0 && { resets }) };
  parts.push(Buffer.from(`],${JSON.stringify(rest).slice(1)}`));
  return Buffer.concat(parts);
}

function* pieces(events: readonly LaneEvent[]): Generator<readonly LaneEvent[]> {
  for (let from = 0; from < events.length; ) {
    let to = from;
    for (let chars = 0; to < events.length && chars < PIECE_CHARS; to++) chars += events[to]?.data.length ?? 0;
    yield events.slice(from, to);
    from = to;
  }
}
