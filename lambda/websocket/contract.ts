/** What the infrastructure and the functions of this lane have to agree on. */
import { TTL_ATTRIBUTE } from '../../backbone/contract.ts';

/** API Gateway waits no longer for the integration of a WebSocket route, whatever the function's own timeout (API Gateway quotas, 2026-11). */
export const WEBSOCKET_INTEGRATION_LIMIT_MS = 29_000;

/** Of each fan-out invocation, kept for handing over what is not delivered by then: a few calls of SQS, with their retries. */
export const FAN_OUT_RESERVE_MS = 5_000;

/** Of each turn of a replay, kept for its last frame and for noting how far it has come. */
export const REPLAY_RESERVE_MS = 5_000;

/** How long a turn of a replay may run: 100 posts take half a second, the rest is for a client that takes them slowly. */
export const REPLAY_FUNCTION_TIMEOUT_SECONDS = 30;

/** A replay whose turns have stopped holds its place among those of its principal no longer than this. */
export const REPLAY_LEASE_MS = 60_000;

/** Posts of one replay invocation in a second at most: it waits between two. */
export const REPLAY_POSTS_PER_SECOND = 200;

/** A post by the WebSocket lane that is not answered within this time has failed. */
export const POST_TIMEOUT_MS = 3_000;

/** How long SQS keeps what nobody takes. A message that moves to another queue keeps its age. */
export const QUEUE_RETENTION_SECONDS = {
  fanOut: 4 * 86_400,
  /** A client that has waited for a minute has asked again. */
  replays: 3_600,
} as const;

/** Environment of the lane's functions. */
export const WEBSOCKET_ENV = {
  connectionsTable: 'LANES_CONNECTIONS_TABLE',
  subscriptionsTable: 'LANES_SUBSCRIPTIONS_TABLE',
  /** What each principal has of what it may have. */
  principalsTable: 'LANES_PRINCIPALS_TABLE',
  replayQueueUrl: 'LANES_REPLAY_QUEUE_URL',
  /**
   * The management endpoint of the API's stage. It is the SDK's own key for this service, so that the SDK needs no
   * code of ours, an emulator can replace it, and a custom domain cannot mislead it.
   */
  managementEndpoint: 'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI',
  /** Jobs: parts of a large channel, and connections to try again. */
  deliveryQueueUrl: 'LANES_DELIVERY_QUEUE_URL',
  deadLetterQueueUrl: 'LANES_DEAD_LETTER_QUEUE_URL',
} as const;

/** Key in the connections table of the row in which the sweep remembers where it stopped. No id of API Gateway holds a `#`. */
export const SWEEP_MARK_ID = '#sweep';

/** Key schemas. `S` is text, `N` a number. */
export const TABLES = {
  connections: {
    partitionKey: { name: 'connectionId', type: 'S' },
    /**
     * Connections by the end of their tokens. Only rows whose token ends first have the attribute, so the others cost nothing
     * here. `expiresIn` is `<minutes since 1970>.<shard>`: all tokens of one minute would be more than one partition takes.
     */
    expiryIndex: { name: 'byExpiry', partitionKey: { name: 'expiresIn', type: 'S' }, sortKey: { name: TTL_ATTRIBUTE, type: 'N' } },
  },
  /**
   * `window` is `connections`, `replays`, a second since 1970 in which the principal has published, or `answers.` or `replays.`
   * and the second in which a window of posts began.
   */
  principals: { partitionKey: { name: 'principal', type: 'S' }, sortKey: { name: 'window', type: 'S' } },
  subscriptions: { partitionKey: { name: 'channel', type: 'S' }, sortKey: { name: 'connectionId', type: 'S' } },
} as const;
