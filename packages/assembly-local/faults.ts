import type { TaskStatus } from './tasks/task.ts';

/** The response to a `PostToConnection` that is not carried out. */
export interface InjectedResponse {
  readonly status: number;
  /** The error type, for example `LimitExceededException`. */
  readonly code: string;
  /** The frame is delivered nevertheless, as if only the response was lost. @default false */
  readonly sent?: boolean;
}

/** What happens to one DynamoDB request. */
export type DatabaseFault =
  /** Not carried out, and answered with `ProvisionedThroughputExceededException`. */
  | { readonly kind: 'throttle' }
  /** Carried out after this long. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Carried out, but the connection breaks before the response. */
  | { readonly kind: 'loseAnswer' };

/**
 * Faults that tests inject into a local run. Every member may be set and removed at any time; while it is
 * absent, nothing goes wrong.
 */
export interface Faults {
  /** The response to a post to the connection, or undefined to let the post through. */
  postOutcome?: ((connectionId: string) => InjectedResponse | undefined) | undefined;
  /** Whether the `$disconnect` of the connection is lost: API Gateway sends it on a best-effort basis only. */
  loseDisconnect?: ((connectionId: string) => boolean) | undefined;
  /**
   * Delivers one notification from the topic to a queue. Calling `deliver` once at once is faultless; not
   * calling it loses the notification, twice duplicates it, later reorders it.
   */
  notification?: ((queueName: string, body: string, deliver: (body: string) => void) => void) | undefined;
  /** What happens to a DynamoDB request, by its operation, for example `PutItem`; undefined lets it through. */
  database?: ((operation: string) => DatabaseFault | undefined) | undefined;
  /** Whether the event that reports this status of the task is lost, or so late that it makes no difference. */
  loseTaskEvent?: ((taskId: string, status: TaskStatus) => boolean) | undefined;
}
