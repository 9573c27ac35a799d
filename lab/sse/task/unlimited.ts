import type { StreamServerOptions } from '../../../fargate/sse/stream-server.ts';

/** More than a process can have. */
const NO_LIMIT = 1_000_000;

/** The settings of a task as in the stage of production, but for the limits: all streams of a bench come from one principal. */
export const UNLIMITED_TASK: StreamServerOptions['config'] = {
  host: '127.0.0.1',
  port: 0,
  heartbeatIntervalMs: 15_000,
  headCheckIntervalMs: 30_000,
  retryMinMs: 1_000,
  retryMaxMs: 15_000,
  maxStreams: NO_LIMIT,
  maxStreamsPerPrincipal: NO_LIMIT,
  maxPublishesPerSecond: NO_LIMIT,
  memoryMb: 2_048,
  maxUnsentBytes: 1_048_576,
  keepAliveSeconds: 70,
  consoleConfig: '',
  channels: [],
  retentionMs: 3_600_000,
  gapGraceMs: 5_000,
  publishTimeoutMs: 2_000,
};
