/** What the infrastructure, the service and the cleaners of this lane have to agree on. */
import { SERVER_ENV } from '../../backbone/contract.ts';

/** A poll waits no longer for an event. */
export const LONGEST_POLL_SECONDS = 25;

/** What a stopping task needs besides its drain: for the last answers, and to unsubscribe and delete its queue. */
export const STOP_MARGIN_MS = 8_000;

/** How long SQS keeps a notification in a task's queue: the task reads at once, and what it has missed is in the log. */
export const TASK_QUEUE_RETENTION_SECONDS = 300;

/** Environment of the service. Identity comes from the ECS metadata endpoint. */
export const SSE_ENV = {
  ...SERVER_ENV,
  /** The target groups in which the task finds out whether it is draining: an ARN, or several with commas between them. */
  targetGroupArns: 'LANES_TARGET_GROUP_ARN',
} as const;

/** Environment of whatever makes or removes the queues of tasks. */
export const TASK_QUEUE_ENV = {
  /** A task's queue is called prefix + task id. */
  queuePrefix: 'LANES_TASK_QUEUE_PREFIX',
  /** Only tasks: tags of their queues, as a JSON object. */
  queueTags: 'LANES_TASK_QUEUE_TAGS',
  /** Only the sweep: where the living tasks are listed. */
  clusterArn: 'LANES_CLUSTER_ARN',
} as const;

/** Tag of a task's queue that holds the ARN of its subscription to the topic. */
export const SUBSCRIPTION_TAG = 'lanes:subscription';

/** Paths of the service that the infrastructure knows. */
export const SSE_PATHS = {
  health: '/healthz',
  ready: '/readyz',
  events: '/v1/events',
  session: '/v1/session',
} as const;
