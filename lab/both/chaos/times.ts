/**
 * How long events live in the run. Short, so that in a run of some minutes whoever is away for longer meets a `reset`;
 * far longer than a publisher needs to have its event acknowledged, since its key is forgotten with it.
 */
export const RETENTION_MS = 75_000;

/**
 * Minutes in seconds: what these times do in an hour of production has to happen several times in a run. Those that
 * correctness rests on together (grace period, publish timeout) stay as the stage has them.
 */
export const SETTINGS = {
  retentionMs: RETENTION_MS,
  heartbeatIntervalMs: 3_000,
  headCheckIntervalMs: 3_000,
  retryMinMs: 100,
  retryMaxMs: 1_500,
  drainSeconds: 2,
  targetHealthIntervalSeconds: 2,
};

/** API Gateway's 10 min and 2 h. */
export const CONNECTION_LIMITS = { idleTimeoutMs: 15_000, maxDurationMs: 25_000 };
