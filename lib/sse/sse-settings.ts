import * as v from 'valibot';
import { between, setting } from '../../backbone/settings.ts';
import { drainTimes, streamTimes, taskLimits } from '../../fargate/sse/settings.ts';

/**
 * Six fields, in UTC, as EventBridge and Application Auto Scaling expect them; one of the two day fields is
 * `?`.
 */
const cronExpression = v.pipe(
  v.string(),
  v.regex(
    /^([\dA-Z*,/-]+ ){2}(\? [\dA-Z*,/-]+ [\dA-Z*,/#-]+|[\dA-ZLW*,/-]+ [\dA-Z*,/-]+ \?) [\d*,/-]+$/,
    'six fields of cron, such as 30 7 ? * MON-FRI *',
  ),
);

/** Of a zone, which is the same in every account; the names of zones, such as `us-east-1a`, are dealt out per account. */
const zoneId = v.pipe(v.string(), v.regex(/^[a-z]{2,5}\d-az\d$/, 'the id of an Availability Zone, such as use1-az1'));

/** Settings of the SSE lane: those of its tasks, and those of what is around them. */
export const sseSettings = v.strictObject({
  /** Whether there is a console: served by the service, or behind CloudFront from a bucket. */
  console: v.optional(v.boolean(), false),
  /**
   * NAT gateways through which tasks reach AWS: one per zone limits the loss of a zone to that zone, a single
   * one is cheaper. 0: tasks have public addresses of their own, and only their security group keeps the internet away.
   */
  natGateways: setting(0, 2, 1),
  /** Whether ECS reports CPU, memory and network of each task (Container Insights), at about 7 USD a month. */
  containerInsights: v.optional(v.boolean(), true),
  /**
   * The two Availability Zones of the lane, by their ids. Changing them replaces the subnets and what is in them.
   * Left out: the first two of the account, by name, whichever these are.
   */
  zoneIds: v.optional(
    v.pipe(
      v.tuple([zoneId, zoneId]),
      v.check(([one, other]) => one !== other, 'two different zones'),
    ),
  ),
  task: v.strictObject({
    /** 1024 is one vCPU. A task serves its streams on one core, so use more tasks instead of larger ones. */
    cpu: v.picklist([256, 512, 1024, 2048, 4096, 8192, 16_384]),
    ...taskLimits,
    /** Open files and sockets that a task may have. */
    openFiles: setting(1_024, 1_048_576, 65_535),
  }),
  scaling: v.strictObject({
    minTasks: between(1, 1_000),
    maxTasks: between(1, 1_000),
    /**
     * Open streams per task that autoscaling aims at. The rest of `maxStreams` is room until new tasks have
     * started.
     */
    targetStreamsPerTask: between(1, 1_000_000),
    /**
     * Times from which at least this many tasks run, ahead of known peaks; a later entry may lower the number
     * again.
     */
    schedule: v.optional(v.array(v.strictObject({ cron: cronExpression, minTasks: between(1, 1_000) })), []),
  }),
  ...streamTimes,
  ...drainTimes,
  /** Longest silence that the load balancer allows on a connection. */
  idleTimeoutSeconds: setting(1, 4_000, 60),
  /**
   * How long the load balancer keeps streams to a leaving task open. It ends the delay when the last stream is gone, so a long one costs
   * time only when a task learns late that it leaves.
   */
  deregistrationDelaySeconds: setting(0, 3_600, 70),
  /** Time from SIGTERM to SIGKILL. */
  stopTimeoutSeconds: setting(2, 120, 30),
  /** How often the sweep looks for queues of stopped tasks. */
  sweepIntervalMinutes: setting(1, 1_440, 15),
  /** How long the functions that remove queues may run. */
  cleanerTimeoutSeconds: setting(1, 900, 60),
});

export type SseSettings = v.InferOutput<typeof sseSettings>;
