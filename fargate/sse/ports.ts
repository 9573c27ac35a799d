/**
 * What this lane needs from the outside world besides the backbone. `aws/` implements these ports on SQS and
 * Elastic Load Balancing.
 */

/**
 * The state of a task at its load balancer. `unregistered`: the target is not there, not yet or no longer;
 * `draining`: it gets no new requests and will be stopped soon.
 */
export type TargetState = 'unregistered' | 'registered' | 'draining';

/** What the load balancer knows about this task. */
export interface TargetHealth {
  state(): Promise<TargetState>;
}

export interface QueueMessage {
  readonly body: string;
  readonly receipt: string;
}

/** SQS returns, or deletes, at most this many messages with one call. */
export const MESSAGES_PER_CALL = 10;

/** The queue of one task: created when the task starts, subscribed to the topic, deleted when the task ends. */
export interface TaskQueue {
  /**
   * Long-polls for up to 20 s. Up to {@link MESSAGES_PER_CALL} messages; an empty list is normal. Rejects with the
   * signal's reason on abort.
   */
  receive(signal: AbortSignal): Promise<readonly QueueMessage[]>;
  delete(messages: readonly QueueMessage[]): Promise<void>;
  /** Unsubscribes and deletes the queue. Safe to call twice. */
  close(): Promise<void>;
}
