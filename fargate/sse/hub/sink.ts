/**
 * Why the hub ends a stream. `slow`: its unsent bytes exceeded the limit, or its client took nothing for too
 * long; `drain`: the task stops; `failed`: the log could not be read; `evicted`: a principal that follows
 * fewer channels needed the place of one of its channels; `expired`: the client's token expired, and the
 * client was told so. In all cases the client resumes from its cursor.
 */
export type CloseReason = 'slow' | 'drain' | 'failed' | 'evicted' | 'expired';

/**
 * Where a stream's bytes go. The HTTP server creates one per socket; it is all that the hub knows about
 * clients.
 */
export interface Sink {
  /** @param bytes whole chunks of the chunked transfer coding: see `chunked-coding.ts` */
  write(bytes: Buffer): void;
  /**
   * Bytes written that the transport has not taken yet. The hub writes nothing while this is above zero, so
   * that what a slow client lacks stays in the channel's shared ring. The owner of the sink calls
   * `Stream.wake` when it is zero again.
   */
  readonly bufferedBytes: number;
  /** Called at most once, and never after `Stream.detach`. */
  close(reason: CloseReason): void;
}
