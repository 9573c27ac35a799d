import type { InferInput } from 'valibot';
import type { websocketSettings } from './websocket-settings.ts';

type Input = InferInput<typeof websocketSettings>;

const dev: Input = {
  requestsPerSecond: 500,
  requestBurst: 500,
  // The developer is the only principal, including in load tests.
  principalSharePercent: 100,
  maxConnectionsPerPrincipal: 400,
  maxPublishesPerSecond: 20,
  maxResponsesPerSecond: 400,
  // At most 1.35 USD an hour for each of three tables, and 1.35 for the index of one: with the log and presence, at
  // most 10.80.
  maxThroughput: { readUnits: 500, writeUnits: 500 },
};

/** What the shipped stages set for the WebSocket lane, by their ids. */
export const websocketStages: Readonly<Record<string, Input>> = {
  // Nothing of the lane is paid for its size.
  minimal: dev,
  dev,
  prod: {
    // With one answer each, half of the account's 10,000, which every API of the account and Region shares.
    requestsPerSecond: 2_500,
    requestBurst: 2_500,
    // Ten principals at their limits fill the account's rate; a single one is not noticeable.
    principalSharePercent: 10,
    maxConnectionsPerPrincipal: 50,
    maxPublishesPerSecond: 10,
    maxResponsesPerSecond: 50,
    // Four times what the API accepts: clients that reconnect in a deploy add and remove rows. 108 USD an
    // hour at that rate, for three tables and an index.
    maxThroughput: { readUnits: 10_000, writeUnits: 10_000 },
    fanOut: {
      functionTimeoutSeconds: 60,
      memoryMb: 1_769,
      postConcurrency: 256,
      maxConcurrency: 50,
      visibilityTimeoutSeconds: 360,
      rollout: 'Canary10Percent5Minutes',
    },
    replay: { maxConcurrency: 10 },
    sweep: { intervalMinutes: 10 },
  },
};
