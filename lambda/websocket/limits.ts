/** A principal has met a limit. The client is told when to try again. */
export class LimitError extends Error {
  /** The `code` of the error frame. Clients of all versions take `throttled` for something that passes. */
  readonly code: 'throttled' | 'too_many_publications';
  readonly retryAfterMs: number;

  constructor(code: LimitError['code'], message: string, retryAfterMs: number) {
    super(`${message}: try again in ${Math.ceil(retryAfterMs / 1_000)} s`);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The principal has used up the answers of this window. */
export class FramesLimitedError extends LimitError {
  override readonly name = 'FramesLimitedError';

  constructor(perSecond: number, retryAfterMs: number) {
    super('throttled', `Frame limit reached: at most ${perSecond} answers a second on average per user`, retryAfterMs);
  }
}

/** The principal has as many replays waiting as it may have. */
export class ReplaysLimitedError extends LimitError {
  override readonly name = 'ReplaysLimitedError';

  constructor(most: number) {
    super('throttled', `Replay limit reached: at most ${most} replays per user at once`, 2_000);
  }
}

/** The principal has used up what it may publish in this second. */
export class PublishLimitError extends LimitError {
  override readonly name = 'PublishLimitError';

  constructor(perSecond: number) {
    super('too_many_publications', `Publish limit reached: at most ${perSecond} events a second per user`, 1_000);
  }
}
