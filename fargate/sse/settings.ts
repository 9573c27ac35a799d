/** Settings of a task, with units, ranges and defaults. Stages are defined with the same schema. */
import { between, setting } from '../../backbone/settings.ts';

/** The limits of a task, and of each principal on it. */
export const taskLimits = {
  /** Memory of the task, in MiB; its users share a part of it. */
  memoryMb: between(512, 122_880),
  /** Streams on one task, above which it answers 503. Each is a socket. */
  maxStreams: between(1, 1_000_000),
  /** Streams that one principal may have on one task. Does not apply to the anonymous principal. */
  maxStreamsPerPrincipal: between(1, 1_000_000),
  /**
   * Events per second that one principal may publish through one task. Does not apply to the anonymous
   * principal.
   */
  maxPublishesPerSecond: between(1, 100_000),
  /** Unsent bytes at which a slow reader is closed; it resumes from its cursor. */
  maxUnsentBytes: setting(1, 2 ** 30, 1_048_576),
};

export const streamTimes = {
  heartbeatIntervalMs: setting(1, 4_000_000, 15_000),
  /** How often a task compares its position in each channel with the channel's head. */
  headCheckIntervalMs: setting(1_000, 3_600_000, 30_000),
  /** A stream is told to reconnect after a random time in this range. */
  retryMinMs: setting(1, 600_000, 1_000),
  retryMaxMs: setting(1, 600_000, 5_000),
  /**
   * How long a task keeps an idle connection of the load balancer open. Must be longer than the load
   * balancer's idle timeout: otherwise the task closes a connection that the load balancer is about to use,
   * and a client sees a 502.
   */
  keepAliveSeconds: setting(1, 7_200, 75),
};

export const drainTimes = {
  /** How long a leaving task takes to close its streams. */
  drainSeconds: setting(1, 120, 5),
  /**
   * How often a task checks, at least, whether the load balancer is draining it. An event tells it sooner; this is for when the event
   * is lost. All checks of an account and Region share one small quota.
   */
  targetHealthIntervalSeconds: setting(1, 900, 60),
};

export const taskSettings = { ...taskLimits, ...streamTimes, ...drainTimes };
