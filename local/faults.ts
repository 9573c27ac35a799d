/** What a `PostToConnection` is answered with instead of being carried out. */
export interface InjectedAnswer {
  readonly status: number;
  /** The error type, for example `LimitExceededException`. */
  readonly code: string;
}

/**
 * Faults that tests inject into a local run. Every member may be set and removed at any time; an absent one means that
 * nothing goes wrong.
 */
export interface Faults {
  /** Answers a post to the connection, or undefined to let it through. */
  postOutcome?: ((connectionId: string) => InjectedAnswer | undefined) | undefined;
  /** Whether the `$disconnect` of the connection gets lost: API Gateway sends it with best effort only. */
  loseDisconnect?: ((connectionId: string) => boolean) | undefined;
  /**
   * Carries one notification from the topic to a queue: calling `deliver` once, at once, is faultless; not at all
   * loses it, twice doubles it, later reorders it.
   */
  notification?: ((queueName: string, body: string, deliver: (body: string) => void) => void) | undefined;
}
