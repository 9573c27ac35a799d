/** What this lane needs of the world besides the backbone. `aws/` implements these on SQS and Elastic Load Balancing. */

/**
 * A task as its load balancer sees it. `unregistered`: there is no such target, not yet or not any more; `draining`: it
 * gets no new requests and is about to be stopped.
 */
export type TargetState = 'unregistered' | 'registered' | 'draining';

/** What the load balancer knows of this task. */
export interface TargetHealth {
  state(): Promise<TargetState>;
}

export interface QueueMessage {
  readonly body: string;
  readonly receipt: string;
  /** How often it has been handed out before, this time included. */
  readonly receiveCount: number;
}

/** The queue of one task: made when the task starts, subscribed to the topic, deleted when it ends. */
export interface TaskQueue {
  /** Long-polls for up to 20 s; an empty list is normal. Rejects with the signal's reason on abort. */
  receive(signal: AbortSignal): Promise<readonly QueueMessage[]>;
  delete(messages: readonly QueueMessage[]): Promise<void>;
  /** Unsubscribes and deletes the queue. Safe to call twice. */
  close(): Promise<void>;
}
