/** What a `PostToConnection` is answered with instead of being carried out. */
export interface InjectedResponse {
  readonly status: number;
  /** The error type, for example `LimitExceededException`. */
  readonly code: string;
  /** The frame goes out all the same, as when only the answer is lost. @default false */
  readonly sent?: boolean;
}

/** What happens to one DynamoDB request. */
export type DatabaseFault =
  /** Not carried out, and answered `ProvisionedThroughputExceededException`. */
  | { readonly kind: 'throttle' }
  /** Carried out after this long. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Carried out, but the connection breaks before the answer. */
  | { readonly kind: 'loseAnswer' };

/**
 * Faults that tests inject into a local run. Every member may be set and removed at any time; an absent one means that
 * nothing goes wrong.
 */
export interface Faults {
  /** Answers a post to the connection, or undefined to let it through. */
  postOutcome?: ((connectionId: string) => InjectedResponse | undefined) | undefined;
  /** Whether the `$disconnect` of the connection gets lost: API Gateway sends it with best effort only. */
  loseDisconnect?: ((connectionId: string) => boolean) | undefined;
  /**
   * Carries one notification from the topic to a queue: calling `deliver` once, at once, is faultless; not at all
   * loses it, twice doubles it, later reorders it.
   */
  notification?: ((queueName: string, body: string, deliver: (body: string) => void) => void) | undefined;
  /** What happens to a DynamoDB request, by its operation, for example `PutItem`; undefined lets it through. */
  database?: ((operation: string) => DatabaseFault | undefined) | undefined;
  /** Whether the event that says that the task has stopped gets lost. */
  loseTaskStopped?: ((taskId: string) => boolean) | undefined;
}
