/**
 * Why the hub ends a stream. `slow`: its unsent bytes passed the limit, or it took nothing for too long; `drain`: the
 * task stops; `failed`: the log could not be read; `evicted`: somebody who follows fewer channels needed the place of one of its own;
 * `expired`: the client may read no longer, and has been told so. Whatever the reason, the client resumes from its cursor.
 */
export type CloseReason = 'slow' | 'drain' | 'failed' | 'evicted' | 'expired';

/** Where a stream's bytes go. The HTTP server makes one on a socket; the hub knows nothing else of clients. */
export interface Sink {
  /** @param bytes whole chunks of the chunked transfer coding: see `chunked-coding.ts` */
  write(bytes: Buffer): void;
  /**
   * Bytes written that the transport has not taken yet. The hub writes nothing while it is above zero, so that what a
   * slow client lacks stays in the channel's shared ring. Whoever made the sink calls `Stream.wake` when it is zero again.
   */
  readonly bufferedBytes: number;
  /** Called at most once, and never after `Stream.detach`. */
  close(reason: CloseReason): void;
}
