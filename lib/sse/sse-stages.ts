import type { InferInput } from 'valibot';
import type { sseSettings } from './sse-settings.ts';

type Input = InferInput<typeof sseSettings>;

const dev: Input = {
  console: true,
  task: {
    cpu: 256,
    memoryMb: 512,
    maxStreams: 2_000,
    // The developer is the only principal, including in load tests.
    maxStreamsPerPrincipal: 1_999,
    maxPublishesPerSecond: 5_000,
  },
  scaling: { minTasks: 2, maxTasks: 4, targetStreamsPerTask: 1_000 },
};

/** What the shipped stages set for the SSE lane, by their ids. */
export const sseStages: Readonly<Record<string, Input>> = {
  // One task: a lost one takes all streams with it for a minute. The second is for deploys, and for when the first is full.
  minimal: { ...dev, natGateways: 0, containerInsights: false, scaling: { ...dev.scaling, minTasks: 1, maxTasks: 2 } },
  dev,
  prod: {
    natGateways: 2,
    task: { cpu: 1024, memoryMb: 2_048, maxStreams: 20_000, maxStreamsPerPrincipal: 100, maxPublishesPerSecond: 50 },
    // Two thirds of what a task holds: if one of three tasks is lost, the others have room for its streams.
    scaling: { minTasks: 3, maxTasks: 30, targetStreamsPerTask: 13_000 },
    retryMaxMs: 15_000,
    drainSeconds: 60,
    deregistrationDelaySeconds: 130,
    stopTimeoutSeconds: 120,
  },
};
