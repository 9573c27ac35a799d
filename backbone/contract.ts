/**
 * What infrastructure and runtime must agree on, whichever lanes exist. `lib/` sets these keys and the entry
 * points of `lambda/` and `fargate/` read them, so each string is written once. Each lane also has its own
 * `contract.ts`.
 */

/**
 * The variable that holds the settings of a process as JSON. `settings.ts`, here and in each lane, defines
 * the settings. Names and addresses of other resources have variables of their own, below and in each lane.
 */
export const SETTINGS_VARIABLE = 'LANES_SETTINGS';

/** Environment of everything that reads or writes the event log. */
export const LOG_ENV = { table: 'LANES_LOG_TABLE' } as const;

/** Environment of everything that reads or writes presence. */
export const PRESENCE_ENV = { table: 'LANES_PRESENCE_TABLE' } as const;

/**
 * A write of an event succeeds or fails within this time. The grace period must be longer than this and the
 * publish timeout together: a publisher that is in time by its own clock may write this much later.
 */
export const APPEND_LIMIT_MS = 2_000;

/**
 * How long SQS keeps messages that failed for good: its maximum. A message that moves to another queue keeps
 * its age.
 */
export const DEAD_LETTER_RETENTION_SECONDS = 14 * 86_400;

/** Defaults of our client. A test compares the client's own constants with these. */
export const CLIENT_TIMES = {
  /** The client treats a stream that is silent for this long as dead. */
  silenceTimeoutMs: 45_000,
  /** The client sends something on a socket at least this often. */
  pingIntervalMs: 300_000,
  /** The client replaces a socket after this long at the latest. */
  rotateAfterMs: 6_600_000,
} as const;

/** Environment of everything that publishes, in addition to {@link LOG_ENV}. */
export const PUBLISH_ENV = { topicArn: 'LANES_TOPIC_ARN' } as const;

/** The attribute of notifications of presence, for the filter policies of those who want no others. */
export const KIND_ATTRIBUTE = { name: 'kind', presence: 'presence' } as const;

/** The attribute of every notification that has the channel, for the filter policies of consumers. */
export const CHANNEL_ATTRIBUTE = 'channel';

/** Environment of everything that checks tokens. */
export const ACCESS_ENV = {
  /** `iss` of the tokens. */
  issuer: 'LANES_TOKEN_ISSUER',
  /** `aud` of the tokens, or `client_id` if they have no `aud`. */
  audience: 'LANES_TOKEN_AUDIENCE',
  jwksUri: 'LANES_TOKEN_JWKS_URI',
} as const;

/** Environment of everything that serves HTTP. */
export const SERVER_ENV = {
  host: 'HOST',
  port: 'PORT',
  /**
   * JSON for the console, served unchanged under {@link CONSOLE_CONFIG_PATH}; empty if the stage has no
   * console.
   */
  consoleConfig: 'LANES_CONSOLE_CONFIG',
} as const;

/**
 * The path of the settings that the deployment gives the console. With a distribution, its bucket serves them
 * under the same path.
 */
export const CONSOLE_CONFIG_PATH = '/console.json';

/** The detail type of an EventBridge event that asks the publish function to publish. */
export const PUBLISH_DETAIL_TYPE = 'lanes.publish';

export const METRICS_NAMESPACE = 'RealtimeLanes';

/**
 * Environment of everything that logs and counts. The stack name tells apart the stages of one account,
 * because CloudFormation does not allow the same name twice. The key is Powertools' own, which puts the value
 * into the `service` field of log lines.
 */
export const TELEMETRY_ENV = { stack: 'POWERTOOLS_SERVICE_NAME' } as const;

/** A lane's id: the value of the dimension `lane`. */
export type Lane = string;

/**
 * Dimensions of every metric. None of them names a task or a function, so every value covers the whole lane.
 */
export interface MetricDimensions {
  readonly stack: string;
  readonly lane: Lane;
}

/**
 * Metric names, published through EMF. A metric has the same name on every lane that has it.
 * docs/operations.md says how each is counted, and which ones do not apply to a lane.
 */
export const METRICS = {
  /**
   * Where tasks hold connections: a gauge that each task publishes every minute, including zero. `Average` is
   * then the number per task, which is the target of autoscaling, and `Sum` over a minute is the lane's
   * total. Where a table lists connections: the rows that one pass of the sweep found open.
   */
  openConnections: 'OpenConnections',
  /** Connections and streams that were accepted. */
  connects: 'Connects',
  /** Events written to a connection or stream, live or replayed. */
  deliveries: 'Deliveries',
  /**
   * Milliseconds from `publishedAt`, by the publisher's clock, until every subscriber here has been offered
   * the event.
   */
  deliveryLatency: 'DeliveryLatency',
  /** Clients that were behind when they came back and were served from the log. */
  replays: 'Replays',
  /** Clients that were told that the events they missed can no longer be delivered. */
  resets: 'Resets',
  /** Notifications of events that were already known, and were therefore dropped. */
  repeatsDropped: 'RepeatsDropped',
  /** Streams that were closed because their client did not read. */
  slowStreamsClosed: 'SlowStreamsClosed',
  /**
   * Events of ephemeral channels that were not delivered to a reader, because it was behind or the event came too late.
   */
  ephemeralDropped: 'EphemeralDropped',
  /** Connections that follow the presence of a channel and did not get a change of it. They find out and ask. */
  presenceDropped: 'PresenceDropped',
  /** Streams and polls that were refused because the task was full. */
  refusedStreams: 'RefusedStreams',
  /** Connections refused because their principal had reached its limit. */
  limitedConnections: 'LimitedConnections',
  /** Publications refused because their principal published too often. */
  limitedPublications: 'LimitedPublications',
  /** Frames and upgrades refused because their principal sent too many. */
  limitedFrames: 'LimitedFrames',
  /** Replays refused or postponed because their principal had reached its limit. */
  limitedReplays: 'LimitedReplays',
  /** 410: connections that turned out to be closed when an event was posted to them. */
  goneConnections: 'GoneConnections',
  /** 429: responses of API Gateway to posts, and responses of tasks to principals that had reached a limit. */
  throttled: 'Throttled',
  /** Deliveries that were given up. */
  undeliverable: 'Undeliverable',
  /** Seqs that were never written by their publisher, and were closed with a tombstone. */
  gapsTombstoned: 'GapsTombstoned',
  /** Leftovers found by a sweep: rows of closed connections, queues of stopped tasks. */
  orphans: 'Orphans',
  /** Connections that were closed because their token had expired. */
  connectionsExpired: 'ConnectionsExpired',
  /**
   * Failures that the client did not cause and that were answered as an error instead of failing the function
   * or task.
   */
  unexpectedErrors: 'UnexpectedErrors',
} as const;

export type MetricName = (typeof METRICS)[keyof typeof METRICS];

/**
 * One event in this many is traced in the logs from publication to delivery: see
 * docs/decisions/0021-an-event-is-followed-by-its-id.md.
 */
export const TRACE_ONE_IN = 100;

/** The TTL attribute of every table: seconds since 1970. */
export const TTL_ATTRIBUTE = 'expiresAt';

/** Key schema of the event log's table. `S` is text, `N` a number. */
export const LOG_TABLE = { partitionKey: { name: 'pk', type: 'S' }, sortKey: { name: 'sk', type: 'N' } } as const;

/** Key schema of the presence table. */
export const PRESENCE_TABLE = { partitionKey: { name: 'channel', type: 'S' }, sortKey: { name: 'entry', type: 'S' } } as const;
