/**
 * What the infrastructure and the runtime have to agree on. `lib/` sets these keys, the entry points of `lambda/` and
 * `fargate/` read them, and neither writes one of the strings twice.
 */

/** Environment of everything that reads or writes the event log. */
export const LOG_ENV = {
  table: 'LANES_LOG_TABLE',
  retentionMs: 'LANES_RETENTION_MS',
  /** After this long consumers bury a hole. */
  graceMs: 'LANES_HOLE_GRACE_MS',
} as const;

/**
 * A write of an event settles, one way or the other, within this time. The grace period has to be longer than this and
 * the publish timeout together: a publisher that is in time by its clock writes at most this much later.
 */
export const APPEND_LIMIT_MS = 2_000;

/** A poll waits no longer for an event. */
export const LONGEST_POLL_SECONDS = 25;

/** What a stopping SSE task needs besides its drain: for the last answers, and to unsubscribe and delete its queue. */
export const STOP_MARGIN_MS = 8_000;

/** API Gateway waits no longer for the integration of a WebSocket route, whatever the function's own timeout (FACTS section 1, 2026-11). */
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

/** How long SQS keeps what nobody takes, for each kind of queue. A message that moves to another queue keeps its age. */
export const QUEUE_RETENTION_SECONDS = {
  /** A task reads at once, and what it has missed is in the log. */
  task: 300,
  fanOut: 4 * 86_400,
  /** A client that has waited for a minute has asked again. */
  replays: 3_600,
  /** The longest that SQS keeps a message. */
  deadLetters: 14 * 86_400,
} as const;

/** What our client does unless it is told otherwise. A test holds its defaults against these. */
export const CLIENT_TIMES = {
  /** A stream that is silent for this long is dead to it. */
  silenceTimeoutMs: 45_000,
  /** It says something on a WebSocket at least this often. */
  pingIntervalMs: 300_000,
  /** It replaces a WebSocket at the latest after this. */
  rotateAfterMs: 6_600_000,
} as const;

/** Environment of everything that publishes, besides {@link LOG_ENV}. */
export const PUBLISH_ENV = {
  topicArn: 'LANES_TOPIC_ARN',
  publishTimeoutMs: 'LANES_PUBLISH_TIMEOUT_MS',
} as const;

/** Events a second that one principal may publish, in the environment of whatever clients publish through. */
const MAX_PUBLISHES_PER_SECOND = 'LANES_MAX_PUBLISHES_PER_SECOND';

/** Environment of the WebSocket lane's functions. */
export const WEBSOCKET_ENV = {
  connectionsTable: 'LANES_CONNECTIONS_TABLE',
  subscriptionsTable: 'LANES_SUBSCRIPTIONS_TABLE',
  /** What each principal has of what it may have. */
  principalsTable: 'LANES_PRINCIPALS_TABLE',
  /** Only frames: for each principal, over all its connections. */
  maxPublishesPerSecond: MAX_PUBLISHES_PER_SECOND,
  /** Only `$connect`: connections that one principal may have open. */
  maxConnectionsPerPrincipal: 'LANES_MAX_CONNECTIONS_PER_PRINCIPAL',
  /** Frames and `$connect`: for each principal, over all its connections. */
  maxAnswersPerSecond: 'LANES_MAX_ANSWERS_PER_SECOND',
  /** Replays from the queue, for each principal: at once, and posts per second. */
  maxReplaysPerPrincipal: 'LANES_MAX_REPLAYS_PER_PRINCIPAL',
  maxReplayPostsPerSecond: 'LANES_MAX_REPLAY_POSTS_PER_SECOND',
  replayQueueUrl: 'LANES_REPLAY_QUEUE_URL',
  connectionTtlMs: 'LANES_CONNECTION_TTL_MS',
  /**
   * The management endpoint of the API's stage. It is the SDK's own key for this service, so that the SDK needs no
   * code of ours, an emulator can replace it, and a custom domain cannot mislead it.
   */
  managementEndpoint: 'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI',
  /** Jobs: parts of a large channel, and connections to try again. */
  deliveryQueueUrl: 'LANES_DELIVERY_QUEUE_URL',
  deadLetterQueueUrl: 'LANES_DEAD_LETTER_QUEUE_URL',
  /** Posts in flight per invocation. */
  postConcurrency: 'LANES_POST_CONCURRENCY',
  /** Only the sweep: connections that one run looks at. */
  sweepConnections: 'LANES_SWEEP_CONNECTIONS',
} as const;

/** Key in the connections table of the row in which the sweep remembers where it stopped. No id of API Gateway holds a `#`. */
export const SWEEP_MARK_ID = '#sweep';

/** Environment of everything that checks tokens. */
export const ACCESS_ENV = {
  /** `iss` of the tokens. */
  issuer: 'LANES_TOKEN_ISSUER',
  /** Their `aud`, or `client_id` where they have no `aud`. */
  audience: 'LANES_TOKEN_AUDIENCE',
  jwksUri: 'LANES_TOKEN_JWKS_URI',
  /** `on` or `off`: whether a token may travel in the query. */
  queryToken: 'LANES_QUERY_TOKEN',
  /** Origins of pages that may use the lanes, separated by commas; empty where none but the lane's own may. */
  origins: 'LANES_ORIGINS',
} as const;

/** Environment of the SSE service. Identity comes from the ECS metadata endpoint. */
export const SSE_ENV = {
  host: 'HOST',
  port: 'PORT',
  heartbeatIntervalMs: 'LANES_HEARTBEAT_INTERVAL_MS',
  headCheckIntervalMs: 'LANES_HEAD_CHECK_INTERVAL_MS',
  retryMinMs: 'LANES_RETRY_MIN_MS',
  retryMaxMs: 'LANES_RETRY_MAX_MS',
  maxStreams: 'LANES_MAX_STREAMS',
  /** What the task may use: its users share a part of it. */
  memoryMiB: 'LANES_MEMORY_MIB',
  /** For each principal but the anonymous one. */
  maxStreamsPerPrincipal: 'LANES_MAX_STREAMS_PER_PRINCIPAL',
  /** For each principal but the anonymous one, on a task. */
  maxPublishesPerSecond: MAX_PUBLISHES_PER_SECOND,
  maxUnsentBytes: 'LANES_MAX_UNSENT_BYTES',
  /** How long a task that leaves takes to close its streams. */
  drainMs: 'LANES_DRAIN_MS',
  /** The target groups in which the task finds out whether it is draining: an ARN, or several with commas between them. */
  targetGroupArns: 'LANES_TARGET_GROUP_ARN',
  /** The longest time between two looks at it. */
  targetHealthIntervalMs: 'LANES_TARGET_HEALTH_INTERVAL_MS',
  /**
   * How long an idle connection from the balancer is kept. Longer than the balancer's idle timeout: else the task closes
   * a connection that the balancer is about to use, and a client sees a 502.
   */
  keepAliveMs: 'LANES_KEEP_ALIVE_MS',
  /** JSON for the console, served as it is under `/console.json`; empty where the stage has no console. */
  consoleConfig: 'LANES_CONSOLE_CONFIG',
} as const;

/** Environment of whatever makes or removes the queues of SSE tasks. */
export const TASK_QUEUE_ENV = {
  /** A task's queue is called prefix + task id. */
  queuePrefix: 'LANES_TASK_QUEUE_PREFIX',
  /** Only the sweep: where the living tasks are listed. */
  clusterArn: 'LANES_CLUSTER_ARN',
} as const;

/** Tag of a task's queue that holds the ARN of its subscription to the topic. */
export const SUBSCRIPTION_TAG = 'lanes:subscription';

/** The detail type of an EventBridge event that asks the publish function to publish. */
export const PUBLISH_DETAIL_TYPE = 'lanes.publish';

/** Paths of the SSE service that the infrastructure knows. */
export const SSE_PATHS = {
  health: '/healthz',
  ready: '/readyz',
  events: '/v1/events',
  session: '/v1/session',
  /** What the deployment tells the console. The bucket of a distribution has it as well. */
  consoleConfig: '/console.json',
} as const;

export const METRICS_NAMESPACE = 'RealtimeLanes';

/**
 * Environment of everything that logs and counts. The stack's name keeps stages that share an account apart: CloudFormation
 * lets nobody take it twice. It is Powertools' own key, which makes it the `service` of log lines without code of ours.
 */
export const TELEMETRY_ENV = { stack: 'POWERTOOLS_SERVICE_NAME' } as const;

/** The two lanes, as the value of the dimension `lane`. */
export type Lane = 'websocket' | 'sse';

/**
 * Dimensions of every metric. None of them names a task or a function, so that a value is one of the whole lane: the
 * average of {@link METRICS.openConnections} on the SSE lane is that per task, since each task reports once a minute.
 */
export interface MetricDimensions {
  readonly stack: string;
  readonly lane: Lane;
}

/**
 * Metric names, published through EMF: the same on both lanes wherever a lane has such a thing at all.
 * docs/operations.md says how each is counted, and which have no meaning on a lane.
 */
export const METRICS = {
  /**
   * SSE: streams and polls that wait, a gauge of each task every minute, zero too: `Average` is the target of autoscaling,
   * `Sum` over a minute the lane's total. WebSocket: rows that one pass of the sweep over the table has found open.
   */
  openConnections: 'OpenConnections',
  /** Connections and streams that were accepted. */
  connects: 'Connects',
  /** Events written to a connection or stream, live or replayed. */
  deliveries: 'Deliveries',
  /** Milliseconds from `publishedAt`, by the publisher's clock, until everybody here has been offered the event. */
  deliveryLatency: 'DeliveryLatency',
  /** Clients that were served from the log because they came back behind. */
  replays: 'Replays',
  /** Clients that were told that what they missed cannot be had. */
  resets: 'Resets',
  /** Notifications that came again, and went no further. */
  repeatsDropped: 'RepeatsDropped',
  /** Streams that were cut because their client did not read. */
  slowStreamsClosed: 'SlowStreamsClosed',
  /** Streams and polls that a full task refused. */
  refusedStreams: 'RefusedStreams',
  /** WebSocket connections refused because their principal had all that it may have. */
  limitedConnections: 'LimitedConnections',
  /** Publications over WebSocket refused because their principal published too often. */
  limitedPublications: 'LimitedPublications',
  /** WebSocket frames and upgrades refused because their principal sent too many. */
  limitedFrames: 'LimitedFrames',
  /** WebSocket replays refused or put off because their principal had all that it may have. */
  limitedReplays: 'LimitedReplays',
  /** 410: connections that were found closed when something was posted to them. */
  goneConnections: 'GoneConnections',
  /** 429: what API Gateway answered to posts, and what tasks answered to principals that had all they may have. */
  throttled: 'Throttled',
  /** Deliveries that were given up. */
  undeliverable: 'Undeliverable',
  /** Seqs whose publisher never came, closed with a tombstone. */
  holesBuried: 'HolesBuried',
  /** What was left behind and found by a sweep: rows of closed connections, queues of stopped tasks. */
  orphans: 'Orphans',
  /** Connections that were ended because their token had expired. */
  connectionsExpired: 'ConnectionsExpired',
  /** Failures that are not the client's, and that a client was answered instead of the function or task failing. */
  unexpectedErrors: 'UnexpectedErrors',
} as const;

export type MetricName = (typeof METRICS)[keyof typeof METRICS];

/** One event in so many is followed in the logs from publication to delivery: see docs/decisions/0021-an-event-is-followed-by-its-id.md. */
export const TRACE_ONE_IN = 100;

/** Attribute that DynamoDB's TTL watches in every table: seconds since 1970. */
export const TTL_ATTRIBUTE = 'expiresAt';

/** Key schemas. `S` is text, `N` a number. */
export const TABLES = {
  log: { partitionKey: { name: 'pk', type: 'S' }, sortKey: { name: 'sk', type: 'N' } },
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
