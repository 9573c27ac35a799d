import { type Cursor, formatCursor } from '../../backbone/domain/cursor.ts';
import type { LaneEvent } from '../../backbone/domain/event.ts';
import { toWireEvent } from '../../backbone/domain/event.ts';
import type { PollAnswer } from '../../backbone/protocol.ts';
import type { PollPage } from '../hub/poll.ts';

/** Data encoded at once, and one event more: a tenth of a millisecond of work, or a half where every character has to be escaped. */
const PIECE_CHARS = 16 * 1024;

const BEGIN = '{"events":[';

/**
 * A {@link PollAnswer} as JSON, encoded piece by piece.
 * @param turn does one piece when its turn comes
 */
export async function encodePage(
  channels: readonly string[],
  { events, cursor, resets, bytes }: PollPage,
  turn: (work: () => void) => Promise<void>,
): Promise<Buffer> {
  const rest: Omit<PollAnswer, 'events'> = { cursor: formatCursor(channels, cursor as Cursor), ...(resets.length > 0 && { resets }) };
  const end = `],${JSON.stringify(rest).slice(1)}`;
  // One buffer for all: the garbage of a page's pieces would stop everybody for a while.
  const page = Buffer.allocUnsafe(BEGIN.length + bytes + events.length + Buffer.byteLength(end));
  let length = 0;
  const write = (text: string) => {
    length += page.write(text, length);
  };
  write(BEGIN);
  let separator = '';
  for (const piece of pieces(events)) {
    await turn(() => {
      write(separator + piece.map((event) => JSON.stringify(toWireEvent(event))).join(','));
    });
    separator = ',';
  }
  const lengthOfEvents = length;
  write(end);
  // What does not fit is cut off, and then there is no room for the end either.
  if (length - lengthOfEvents < Buffer.byteLength(end))
    throw new RangeError(`a page's events take more than the ${bytes} bytes that were counted`);
  return page.subarray(0, length);
}

function* pieces(events: readonly LaneEvent[]): Generator<readonly LaneEvent[]> {
  for (let from = 0; from < events.length; ) {
    let to = from;
    for (let chars = 0; to < events.length && chars < PIECE_CHARS; to++) chars += events[to]?.data.length ?? 0;
    yield events.slice(from, to);
    from = to;
  }
}
