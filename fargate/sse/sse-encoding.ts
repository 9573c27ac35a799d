/**
 * The text of the SSE lane. An id line and the rest of a frame are made apart: the rest is the same for every stream,
 * while the id of a stream over several channels holds the positions of all of them.
 */
import type { Reset } from '../../packages/protocol/index.ts';

/**
 * A comment: keeps every idle timeout on the way from closing a quiet stream, and is nothing to clients. No blank line follows:
 * some clients would hand it to the application as an empty message (fetch-event-source, httpx-sse).
 */
export const HEARTBEAT = ':\n';

/**
 * What the stream of a new subscriber begins with: how long the client waits before it reconnects, and a frame that sets the
 * last event id, so that a stream on which nothing was ever published resumes too.
 */
export function encodeOpening(cursor: string, retryMs: number): string {
  return `${encodeResumption(cursor, retryMs)}\n`;
}

/**
 * What the stream of a client begins with that has said where it stands. The frame is left open and the first event ends it,
 * because some clients would hand a frame without data to the application as an empty message. The event's own id comes
 * later in the frame, and counts.
 */
export function encodeResumption(cursor: string, retryMs: number): string {
  return `retry: ${retryMs}\n${idLine(cursor)}`;
}

export function idLine(cursor: string): string {
  return `id: ${cursor}\n`;
}

/** An event without its id line. The type `message` is what clients assume, so it is left out. */
export function eventBody(event: { readonly type: string; readonly data: string }): string {
  const type = event.type === 'message' ? '' : `event: ${event.type}\n`;
  // Published data has no CR, but a CR that came in otherwise must not be able to end the line either.
  return `${type}data: ${event.data.replace(/\r\n?|\n/g, '\ndata: ')}\n\n`;
}

/**
 * The last frame of a stream whose token has expired. It has no id, so the client's position stays what it is: with a new
 * token it resumes there.
 */
export const EXPIRED = 'event: expired\ndata: {"code":"token_expired"}\n\n';

/** Tells the client that what it missed on a channel cannot be sent, without its id line. */
export function resetBody({ channel, reason }: Reset): string {
  return `event: reset\ndata: ${JSON.stringify({ channel, reason } satisfies Reset)}\n\n`;
}
