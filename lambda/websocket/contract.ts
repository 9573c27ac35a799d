/** What the infrastructure and the functions of this lane must agree on. */
import { TTL_ATTRIBUTE } from '../../backbone/contract.ts';

/**
 * How long API Gateway waits for the integration of a WebSocket route, whatever the function's own timeout
 * (API Gateway quotas, 2026-11).
 */
export const WEBSOCKET_INTEGRATION_LIMIT_MS = 29_000;

/**
 * Reserved at the end of each fan-out invocation, for queueing what is not delivered by then: a few SQS calls
 * with their retries.
 */
export const FAN_OUT_RESERVE_MS = 5_000;

/** Reserved at the end of each replay turn, for its last frame and for saving its progress. */
export const REPLAY_RESERVE_MS = 5_000;

/** How long a replay turn may run: 100 posts take half a second, the rest is for a client that reads slowly. */
export const REPLAY_FUNCTION_TIMEOUT_SECONDS = 30;

/** How long a replay whose turns have stopped keeps its place among those of its principal. */
export const REPLAY_LEASE_MS = 60_000;

/** The most posts per second of one replay invocation, which waits between posts. */
export const REPLAY_POSTS_PER_SECOND = 200;

/**
 * How long a connection is present without a ping. API Gateway closes a connection after so long without any frame (API
 * Gateway quotas, 2026-11).
 */
export const PRESENCE_LEASE_MS = 600_000;

/** How the changes of presence are gathered: the more connections come and go, the more of them a frame has. */
export const PRESENCE_FAN_OUT = {
  /** How long changes wait for others. SQS counts in seconds. */
  windowSeconds: 1,
  /** Notifications of one invocation. They have a few hundred bytes each, and Lambda takes 6 MB. */
  batchSize: 1_000,
  /** Invocations at once, SQS's minimum. As a rule, each posts at most one frame of 32 KB per connection, channel and window. */
  maxConcurrency: 2,
  /** The most posts per second of one invocation, which waits between posts. */
  postsPerSecond: 500,
  functionTimeoutSeconds: 60,
} as const;

/** A post by the WebSocket lane that has no response within this time has failed. */
export const POST_TIMEOUT_MS = 3_000;

/** How long SQS keeps messages that nothing consumes. A message that moves to another queue keeps its age. */
export const QUEUE_RETENTION_SECONDS = {
  fanOut: 4 * 86_400,
  /** Shorter, because a client that has waited for a minute asks again. */
  replays: 3_600,
  /** Long enough for all tries. */
  presence: 3_600,
} as const;

/** Environment of the lane's functions. */
export const WEBSOCKET_ENV = {
  connectionsTable: 'LANES_CONNECTIONS_TABLE',
  subscriptionsTable: 'LANES_SUBSCRIPTIONS_TABLE',
  /** What each principal currently uses of its limits. */
  principalsTable: 'LANES_PRINCIPALS_TABLE',
  replayQueueUrl: 'LANES_REPLAY_QUEUE_URL',
  /**
   * The management endpoint of the API's stage. The key is the SDK's own for this service, so the SDK needs
   * no code of ours, an emulator can replace the endpoint, and a custom domain cannot mislead it.
   */
  managementEndpoint: 'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI',
  /** Queue of jobs: parts of a large channel, and connections to try again. */
  deliveryQueueUrl: 'LANES_DELIVERY_QUEUE_URL',
  deadLetterQueueUrl: 'LANES_DEAD_LETTER_QUEUE_URL',
} as const;

/**
 * Key of the row in the connections table that stores where the sweep stopped. API Gateway's ids never
 * contain a `#`.
 */
export const SWEEP_MARK_ID = '#sweep';

/** Key schemas. `S` is text, `N` a number. */
export const TABLES = {
  connections: {
    partitionKey: { name: 'connectionId', type: 'S' },
    /**
     * Connections by the expiry of their tokens. Only rows whose token expires before the connection have the
     * attribute, so the others cost nothing here. `expiresIn` is `<minutes since 1970>.<shard>`: all tokens
     * of one minute would be too many writes for one partition.
     */
    expiryIndex: { name: 'byExpiry', partitionKey: { name: 'expiresIn', type: 'S' }, sortKey: { name: TTL_ATTRIBUTE, type: 'N' } },
  },
  /**
   * `window` is `connections`, `replays`, a second since 1970 in which the principal has published, or
   * `answers.` or `replays.` followed by the second in which a window of posts began.
   */
  principals: { partitionKey: { name: 'principal', type: 'S' }, sortKey: { name: 'window', type: 'S' } },
  subscriptions: { partitionKey: { name: 'channel', type: 'S' }, sortKey: { name: 'connectionId', type: 'S' } },
} as const;
