/** What the infrastructure, the service and the cleaners of this lane must agree on. */
import { SERVER_ENV } from '../../backbone/contract.ts';

/** The longest time that a poll waits for an event. */
export const LONGEST_POLL_SECONDS = 25;

/**
 * The time that a stopping task needs besides its drain: to send the last responses, unsubscribe, and delete
 * its queue.
 */
export const STOP_MARGIN_MS = 8_000;

/**
 * How long SQS keeps a notification in a task's queue. The task reads at once, and the log has what it
 * missed.
 */
export const TASK_QUEUE_RETENTION_SECONDS = 300;

/** Environment of the service. The task's identity comes from the ECS metadata endpoint. */
export const SSE_ENV = {
  ...SERVER_ENV,
  /** The target groups that the task asks whether it is draining: one ARN, or several separated by commas. */
  targetGroupArns: 'LANES_TARGET_GROUP_ARN',
} as const;

/** Environment of everything that creates or removes task queues. */
export const TASK_QUEUE_ENV = {
  /** A task's queue is named prefix + task id. */
  queuePrefix: 'LANES_TASK_QUEUE_PREFIX',
  /** Only tasks: tags of their queues, as a JSON object. */
  queueTags: 'LANES_TASK_QUEUE_TAGS',
  /** Only the sweep: where the living tasks are listed. */
  clusterArn: 'LANES_CLUSTER_ARN',
} as const;

/** The body of the message in a task's queue that announces that ECS stops the task. */
export const leavingAnnouncement = (taskId: string): string => JSON.stringify({ leaving: taskId });

/** The tag of a task's queue that holds the ARN of its subscription to the topic. */
export const SUBSCRIPTION_TAG = 'lanes:subscription';

/** Paths of the service that the infrastructure refers to. */
export const SSE_PATHS = {
  health: '/healthz',
  ready: '/readyz',
  events: '/v1/events',
  presence: '/v1/presence',
  session: '/v1/session',
} as const;
