/**
 * What the infrastructure and the runtime have to agree on, whichever lanes there are. `lib/` sets these keys, the entry points of
 * `lambda/` and `fargate/` read them, and neither writes one of the strings twice. A lane has a `contract.ts` of its own.
 */

/**
 * The variable that holds the settings of a process as JSON: `settings.ts`, here and in each lane, says which there are. Names and
 * addresses of other resources have variables of their own, below and in each lane.
 */
export const SETTINGS_VARIABLE = 'LANES_SETTINGS';

/** Environment of everything that reads or writes the event log. */
export const LOG_ENV = { table: 'LANES_LOG_TABLE' } as const;

/**
 * A write of an event settles, one way or the other, within this time. The grace period has to be longer than this and
 * the publish timeout together: a publisher that is in time by its clock writes at most this much later.
 */
export const APPEND_LIMIT_MS = 2_000;

/** How long SQS keeps what has failed for good: the longest that it keeps a message. One that moves to another queue keeps its age. */
export const DEAD_LETTER_RETENTION_SECONDS = 14 * 86_400;

/** What our client does unless it is told otherwise. A test holds its defaults against these. */
export const CLIENT_TIMES = {
  /** A stream that is silent for this long is dead to it. */
  silenceTimeoutMs: 45_000,
  /** It says something on a socket at least this often. */
  pingIntervalMs: 300_000,
  /** It replaces a socket at the latest after this. */
  rotateAfterMs: 6_600_000,
} as const;

/** Environment of everything that publishes, besides {@link LOG_ENV}. */
export const PUBLISH_ENV = { topicArn: 'LANES_TOPIC_ARN' } as const;

/** Environment of everything that checks tokens. */
export const ACCESS_ENV = {
  /** `iss` of the tokens. */
  issuer: 'LANES_TOKEN_ISSUER',
  /** Their `aud`, or `client_id` where they have no `aud`. */
  audience: 'LANES_TOKEN_AUDIENCE',
  jwksUri: 'LANES_TOKEN_JWKS_URI',
} as const;

/** Environment of whatever serves HTTP. */
export const SERVER_ENV = {
  host: 'HOST',
  port: 'PORT',
  /** JSON for the console, served as it is under {@link CONSOLE_CONFIG_PATH}; empty where the stage has no console. */
  consoleConfig: 'LANES_CONSOLE_CONFIG',
} as const;

/** What the deployment tells the console. The bucket of a distribution has it as well. */
export const CONSOLE_CONFIG_PATH = '/console.json';

/** The detail type of an EventBridge event that asks the publish function to publish. */
export const PUBLISH_DETAIL_TYPE = 'lanes.publish';

export const METRICS_NAMESPACE = 'RealtimeLanes';

/**
 * Environment of everything that logs and counts. The stack's name keeps stages that share an account apart: CloudFormation
 * lets nobody take it twice. It is Powertools' own key, which makes it the `service` of log lines without code of ours.
 */
export const TELEMETRY_ENV = { stack: 'POWERTOOLS_SERVICE_NAME' } as const;

/** A lane's id, as the value of the dimension `lane`. */
export type Lane = string;

/**
 * Dimensions of every metric. None of them names a task or a function, so that a value is one of the whole lane.
 */
export interface MetricDimensions {
  readonly stack: string;
  readonly lane: Lane;
}

/**
 * Metric names, published through EMF: the same on every lane that has such a thing at all.
 * docs/operations.md says how each is counted, and which have no meaning on a lane.
 */
export const METRICS = {
  /**
   * Where tasks hold them: a gauge of each task every minute, zero too, so `Average` is that per task and the target of autoscaling,
   * and `Sum` over a minute the lane's total. Where a table lists them: the rows that one pass of the sweep has found open.
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
  /** Connections refused because their principal had all that it may have. */
  limitedConnections: 'LimitedConnections',
  /** Publications refused because their principal published too often. */
  limitedPublications: 'LimitedPublications',
  /** Frames and upgrades refused because their principal sent too many. */
  limitedFrames: 'LimitedFrames',
  /** Replays refused or put off because their principal had all that it may have. */
  limitedReplays: 'LimitedReplays',
  /** 410: connections that were found closed when something was posted to them. */
  goneConnections: 'GoneConnections',
  /** 429: what API Gateway answered to posts, and what tasks answered to principals that had all they may have. */
  throttled: 'Throttled',
  /** Deliveries that were given up. */
  undeliverable: 'Undeliverable',
  /** Seqs whose publisher never came, closed with a tombstone. */
  gapsTombstoned: 'GapsTombstoned',
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

/** Key schema of the event log's table. `S` is text, `N` a number. */
export const LOG_TABLE = { partitionKey: { name: 'pk', type: 'S' }, sortKey: { name: 'sk', type: 'N' } } as const;
