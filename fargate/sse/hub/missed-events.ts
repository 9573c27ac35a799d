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
  /** Encodes pages and frames that belong to one client alone. */
  readonly turns: Turns;
  readonly onDelivered: (events: number) => void;
  /**
   * Called if there was no memory to keep a page of the log until its client has taken it: the page is read
   * again.
   */
  readonly onNoMemory: () => void;
}

/** Memory that the events take. */
function memoryOf(events: readonly ChannelEvent[]): number {
  return events.reduce((bytes, event) => bytes + eventMemory(event), 0);
}

/**
 * Writes events of a page of the log to a stream. Events that the client has no room for are kept as long as
 * there is memory for them; otherwise they are dropped and read again later.
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
    // Wakes a writer that waits for room while it holds a page.
    writer.wakeWaiting();
  };
  const kept = options.memory.reserve(principal, memoryOf(events), revoke);
  if (kept === undefined) {
    options.onNoMemory();
    return writeSome(events, 0, writer, cursor, options);
  }
  try {
    let written = 0;
    writer.isMissedReady = true;
    // A page is not kept while waiting for memory: it may occupy the very memory that is missing.
    while (written < events.length && !isRevoked && !writer.isWaitingForMemory) {
      await writer.whenRoom(signal, undefined, () => isRevoked);
      const turn = () => (signal.aborted ? written : writeSome(events, written, writer, cursor, options));
      written = await options.turns.forPage(principal, turn);
    }
    return written;
  } finally {
    writer.isMissedReady = false;
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
    // Checked before encoding: UTF-8 has at least one byte per character.
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
  writer.noteMissedWritten();
  onDelivered(frames.length);
  return from + frames.length;
}
