/**
 * Times and limits that `connect` takes; {@link DEFAULTS} has their defaults. A time of `Infinity` never passes; other
 * times are at most 24.8 days.
 */
export interface Tunables {
  /**
   * `auto`: if a stream has no first byte after this long, a proxy is buffering it, and long polling takes
   * over.
   */
  readonly firstBytesTimeoutMs: number;
  /**
   * `auto`: how long it polls before it tries a stream again; doubled after each failed attempt, up to an
   * hour.
   */
  readonly streamRetryMs: number;
  /**
   * A stream that is silent for this long is dead: the server sends a comment at least every 20 s. `auto`: if two in a
   * row fall silent soon after their beginning, a proxy holds them back, and long polling takes over.
   */
  readonly silenceTimeoutMs: number;
  /** A request, a WebSocket frame, an opening socket or a token function without a response after this long has failed. */
  readonly answerTimeoutMs: number;
  /** How long the server may hold a poll: 0 is plain polling, up to 25 is long polling. */
  readonly pollWaitSeconds: number;
  /** The minimum time between the starts of two polls if the first brought nothing. */
  readonly pollIntervalMs: number;
  /**
   * The first wait before reconnecting is random between 0 and this; it doubles with each consecutive
   * failure.
   */
  readonly reconnectMinMs: number;
  /** The longest wait before reconnecting, unless the server asks for more with `Retry-After`. */
  readonly reconnectMaxMs: number;
  /** After a connection that lived this long, the waits start again from the smallest. */
  readonly stableAfterMs: number;
  /**
   * WebSocket: at the latest after so long the client asks, in one frame, where the log is. That keeps the socket below API
   * Gateway's idle timeout of 10 min, shows a dead one, and finds an event that was lost as the last one.
   */
  readonly pingIntervalMs: number;
  /**
   * WebSocket: the socket is replaced at a random moment in the second half of this time; the new one opens
   * first. API Gateway closes sockets after 2 h.
   */
  readonly rotateAfterMs: number;
  /**
   * WebSocket: how long the client waits for a gap to close by itself before it asks for the missing events;
   * doubled up to 5 s.
   */
  readonly gapWaitMs: number;
  /**
   * How many items may wait for a slow reader. When the buffer is full, the subscription pauses and later
   * resumes at its cursor: nothing is lost.
   */
  readonly bufferLimit: number;
  /**
   * SSE and polls: how many streams or waiting polls may be open, each for up to 32 subscriptions. A browser opens six
   * connections to a host over HTTP/1.1, for all of its tabs; the rest is for publishing.
   */
  readonly maxStreams: number;
  /** How long `publish` keeps trying, with the same idempotency key. */
  readonly publishTimeoutMs: number;
}

export const DEFAULTS: Tunables = {
  firstBytesTimeoutMs: 4_000,
  streamRetryMs: 300_000,
  silenceTimeoutMs: 45_000,
  answerTimeoutMs: 15_000,
  pollWaitSeconds: 25,
  pollIntervalMs: 1_000,
  reconnectMinMs: 500,
  reconnectMaxMs: 30_000,
  stableAfterMs: 10_000,
  pingIntervalMs: 300_000,
  rotateAfterMs: 6_600_000,
  gapWaitMs: 500,
  bufferLimit: 1_000,
  maxStreams: 4,
  publishTimeoutMs: 60_000,
};
