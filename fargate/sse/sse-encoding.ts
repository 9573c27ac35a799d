/**
 * The text of the SSE lane. The id line and the rest of a frame are encoded separately: the rest is the same
 * for every stream, but the id of a stream over several channels contains the positions of all of them.
 */
import type { Reset } from '../../packages/protocol/index.ts';

/**
 * A comment: keeps idle timeouts on the way from closing a quiet stream, and clients ignore it. No blank line
 * follows, because some clients would pass it to the application as an empty message (fetch-event-source,
 * httpx-sse).
 */
export const HEARTBEAT = ':\n';

/**
 * The beginning of a new subscriber's stream: how long the client waits before it reconnects, and a frame
 * that sets the last event id, so that a stream can be resumed even if nothing was published on it.
 */
export function encodeOpening(cursor: string, retryMs: number): string {
  return `${encodeResumption(cursor, retryMs)}\n`;
}

/**
 * The beginning of a stream whose client told its position. The frame is left open and the first event
 * completes it, because some clients would pass a frame without data to the application as an empty message.
 * The event's own id comes later in the frame and therefore wins.
 */
export function encodeResumption(cursor: string, retryMs: number): string {
  return `retry: ${retryMs}\n${idLine(cursor)}`;
}

/** The beginning of a stream that has no position: the first event completes the frame. */
export function encodeRetry(retryMs: number): string {
  return `retry: ${retryMs}\n`;
}

export function idLine(cursor: string): string {
  return `id: ${cursor}\n`;
}

/** An event without its id line. The type `message` is omitted, because clients assume it. */
export function eventBody(event: { readonly type: string; readonly data: string }): string {
  const type = event.type === 'message' ? '' : `event: ${event.type}\n`;
  // Published data has no CR, but a CR from elsewhere must not end the line either.
  return `${type}data: ${event.data.replace(/\r\n?|\n/g, '\ndata: ')}\n\n`;
}

/**
 * The last frame of a stream whose token has expired. It has no id, so the client's position does not change:
 * it resumes there with a new token.
 */
export const EXPIRED = 'event: expired\ndata: {"code":"token_expired"}\n\n';

/** Tells the client that the events it missed on a channel cannot be sent; without the id line. */
export function resetBody({ channel, reason }: Reset): string {
  return `event: reset\ndata: ${JSON.stringify({ channel, reason } satisfies Reset)}\n\n`;
}

/** Tells who came, changed or left. It has no id, so the client's position does not change. */
export function presenceBody(json: string): string {
  return `event: presence\ndata: ${json}\n\n`;
}
