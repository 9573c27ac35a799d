/** Settings of a task, with units, ranges and defaults. A stage takes them from here. */
import { between, setting } from '../../backbone/settings.ts';

/** What a task takes, and what each principal may have of it. */
export const taskLimits = {
  /** Memory of the task, in MiB: its users share a part of it. */
  memoryMb: between(512, 122_880),
  /** Streams that one task takes before it answers 503. Each is a socket. */
  maxStreams: between(1, 1_000_000),
  /** Streams that one principal, but the anonymous one, may have on one task. */
  maxStreamsPerPrincipal: between(1, 1_000_000),
  /** Events a second that one principal, but the anonymous one, may publish through one task. */
  maxPublishesPerSecond: between(1, 100_000),
  /** Unsent bytes at which a slow reader is closed; it resumes from its cursor. */
  maxUnsentBytes: setting(1, 2 ** 30, 1_048_576),
};

export const streamTimes = {
  heartbeatIntervalMs: setting(1, 4_000_000, 15_000),
  /** How often a task compares its channels with their heads. */
  headCheckIntervalMs: setting(1_000, 3_600_000, 30_000),
  /** A stream is told to reconnect after a random time in this range. */
  retryMinMs: setting(1, 600_000, 1_000),
  retryMaxMs: setting(1, 600_000, 5_000),
  /**
   * How long a task keeps an idle connection of the load balancer open. Longer than the balancer's idle timeout: else the task closes
   * a connection that the balancer is about to use, and a client sees a 502.
   */
  keepAliveSeconds: setting(1, 7_200, 75),
};

export const drainTimes = {
  /** How long a task that leaves takes to close its streams. */
  drainSeconds: setting(1, 120, 5),
  /** A task looks at least this often whether the load balancer lets it go. */
  targetHealthIntervalSeconds: setting(1, 60, 2),
};

export const taskSettings = { ...taskLimits, ...streamTimes, ...drainTimes };
