import * as v from 'valibot';
import { between } from '../config-values.ts';

/** Six fields, in UTC, as EventBridge and Application Auto Scaling take them; one of the two kinds of day is `?`. */
const cronExpression = v.pipe(
  v.string(),
  v.regex(
    /^([\dA-Z*,/-]+ ){2}(\? [\dA-Z*,/-]+ [\dA-Z*,/#-]+|[\dA-ZLW*,/-]+ [\dA-Z*,/-]+ \?) [\d*,/-]+$/,
    'six fields of cron, such as 30 7 ? * MON-FRI *',
  ),
);

/** What a stage says of the SSE lane. */
export const sseConfig = v.strictObject({
  /** Whether there is a console: served by the service, or behind CloudFront from a bucket. */
  console: v.boolean(),
  /**
   * How tasks reach AWS: through NAT gateways, one per zone to keep a zone's loss local or one in all, which is cheaper; or through
   * endpoints of the services that they call, and to nothing else.
   */
  network: v.variant('type', [
    v.strictObject({ type: v.literal('nat'), gateways: between(1, 2) }),
    v.strictObject({ type: v.literal('endpoints') }),
  ]),
  task: v.strictObject({
    /** 1024 is one vCPU. A task serves its streams on one core: more tasks, not larger ones. */
    cpu: v.picklist([256, 512, 1024, 2048, 4096, 8192, 16_384]),
    memoryMb: between(512, 122_880),
    /** Streams that one task takes before it answers 503. Each is a socket. */
    maxStreams: between(1, 1_000_000),
    /** Streams that one principal may have on one task. */
    maxStreamsPerPrincipal: between(1, 1_000_000),
    /** Events a second that one principal may publish through one task. */
    maxPublishesPerSecond: between(1, 100_000),
    /** Unsent bytes at which a slow reader is closed; it resumes from its cursor. */
    maxUnsentBytes: between(1, 2 ** 30),
    /** Open files and sockets that a task may have. */
    openFiles: between(1_024, 1_048_576),
  }),
  /**
   * LCUs that the load balancer has at any time, paid for whether they are used or not. Left out: it grows with its load, which
   * takes minutes. ELB reserves 100 to 15,000 (its quotas, 2026-11).
   */
  reservedLcus: v.optional(between(100, 15_000)),
  scaling: v.strictObject({
    minTasks: between(1, 1_000),
    maxTasks: between(1, 1_000),
    /** Open streams per task that are held by adding and removing tasks: the rest of `maxStreams` is room until new ones are there. */
    targetStreamsPerTask: between(1, 1_000_000),
    /** Times from which there are at least so many tasks, ahead of peaks that are known; a later one may lower it again. */
    schedule: v.array(v.strictObject({ cron: cronExpression, minTasks: between(1, 1_000) })),
  }),
  /**
   * How tasks of a new version take the place of those before: one after the other, or all beside them, with `percent` of the new
   * requests for `bakeMinutes`, then with all of them for as long again, until the old ones leave. An alarm in that time takes
   * them back. Alarms are raised after 5 to 6 minutes, so a shorter time would see none; ECS takes up to a day.
   */
  rollout: v.variant('type', [
    v.strictObject({ type: v.literal('rolling') }),
    v.strictObject({ type: v.literal('canary'), percent: between(1, 99), bakeMinutes: between(10, 1_440) }),
  ]),
  heartbeatIntervalMs: between(1, 4_000_000),
  /** How often a task compares its channels with their heads. */
  headCheckIntervalMs: between(1_000, 3_600_000),
  /** A stream is told to reconnect after a random time in this range. */
  retryMinMs: between(1, 600_000),
  retryMaxMs: between(1, 600_000),
  /** How long a task that leaves takes to close its streams. */
  drainSeconds: between(1, 120),
  /** A task looks at least this often whether the load balancer lets it go. */
  targetHealthIntervalSeconds: between(1, 60),
  /** Longest silence that the load balancer allows on a connection. */
  idleTimeoutSeconds: between(1, 4_000),
  /** How long a task keeps an idle connection of the load balancer open. */
  keepAliveSeconds: between(1, 7_200),
  /** How long the load balancer keeps open streams to a task that is going away. */
  deregistrationDelaySeconds: between(0, 3_600),
  /** From SIGTERM to SIGKILL. */
  stopTimeoutSeconds: between(2, 120),
  /** How often queues of tasks that are gone are looked for. */
  sweepIntervalMinutes: between(1, 1_440),
  /** How long the functions that remove queues may run. */
  cleanerTimeoutSeconds: between(1, 900),
});

export type SseConfig = v.InferOutput<typeof sseConfig>;
