import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import type { Shares } from '../budget/shares.ts';
import type { Turns } from '../budget/turns.ts';
import { toChunk } from '../chunked-coding.ts';
import { eventBody } from '../sse-encoding.ts';
import { eventMemory } from './event-memory.ts';
import type { StreamCursor } from './stream-cursor.ts';
import type { StreamWriter } from './stream-writer.ts';

export interface MissedEventsOptions {
  readonly memory: Shares;
  /** Encoding pages and frames that are one client's alone. */
  readonly turns: Turns;
  readonly onDelivered: (events: number) => void;
  /** There was no memory to keep a page of the log until its client has taken it: it is read again. */
  readonly onNoMemory: () => void;
}

/** What events take that are held in memory. */
function memoryOf(events: readonly ChannelEvent[]): number {
  return events.reduce((bytes, event) => bytes + eventMemory(event), 0);
}

/**
 * Writes events of a page of the log to a stream. What the client has no room for is kept as long as there is memory for it, and
 * given up otherwise: it is read again then.
 * @returns how many were written
 */
export async function writeMissed(
  events: readonly ChannelEvent[],
  writer: StreamWriter,
  cursor: StreamCursor,
  principal: string,
  signal: AbortSignal,
  options: MissedEventsOptions,
): Promise<number> {
  let isRevoked = false;
  const revoke = () => {
    isRevoked = true;
    // Wakes whoever waits for room with a page in hand.
    writer.wakeWaiting();
  };
  const kept = options.memory.reserve(principal, memoryOf(events), revoke);
  if (kept === undefined) {
    options.onNoMemory();
    return writeSome(events, 0, writer, cursor, options);
  }
  try {
    let written = 0;
    // A page is not kept while memory is waited for: that may be the very memory which is missing.
    while (written < events.length && !isRevoked && !writer.isWaitingForMemory) {
      await writer.whenRoom(signal, undefined, () => isRevoked);
      const turn = () => (signal.aborted ? written : writeSome(events, written, writer, cursor, options));
      written = await options.turns.forPage(principal, turn);
    }
    return written;
  } finally {
    kept.release();
  }
}

/** @returns the index of the first event that did not fit into the write */
function writeSome(
  events: readonly ChannelEvent[],
  from: number,
  writer: StreamWriter,
  cursor: StreamCursor,
  { onDelivered }: MissedEventsOptions,
): number {
  if (writer.bufferedBytes > 0) return from;
  const frames: string[] = [];
  let room = 0;
  let bytes = 0;
  let idBytes = 0;
  for (const event of events.slice(from)) {
    // Nothing is encoded in vain: UTF-8 has at least one byte for each character.
    if (frames.length > 0 && bytes + idBytes + event.data.length > room) break;
    const body = eventBody(event);
    const size = Buffer.byteLength(body);
    if (frames.length === 0) room = writer.ownRoom(size, cursor);
    if (bytes + idBytes + size > room) break;
    const frame = cursor.frame(event.channel, event, body);
    frames.push(frame);
    idBytes = frame.length - body.length;
    bytes += idBytes + size;
  }
  if (frames.length === 0) return from;
  writer.writeOwn(toChunk(frames.join('')));
  onDelivered(frames.length);
  return from + frames.length;
}
