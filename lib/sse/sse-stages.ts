import type { InferInput } from 'valibot';
import type { sseSettings } from './sse-settings.ts';

/** What the shipped stages set of the SSE lane, by their ids. */
export const sseStages: Readonly<Record<string, InferInput<typeof sseSettings>>> = {
  dev: {
    console: true,
    task: {
      cpu: 256,
      memoryMb: 512,
      maxStreams: 2_000,
      // The developer is the one principal there is, load tests included.
      maxStreamsPerPrincipal: 1_999,
      maxPublishesPerSecond: 5_000,
    },
    scaling: { minTasks: 2, maxTasks: 4, targetStreamsPerTask: 1_000 },
  },
  prod: {
    natGateways: 2,
    task: { cpu: 1024, memoryMb: 2_048, maxStreams: 20_000, maxStreamsPerPrincipal: 100, maxPublishesPerSecond: 50 },
    // Two thirds of what a task takes: the streams of one lost task of three find room on the others.
    scaling: { minTasks: 3, maxTasks: 30, targetStreamsPerTask: 13_000 },
    retryMaxMs: 15_000,
    drainSeconds: 60,
    targetHealthIntervalSeconds: 10,
    deregistrationDelaySeconds: 90,
    stopTimeoutSeconds: 120,
  },
};
