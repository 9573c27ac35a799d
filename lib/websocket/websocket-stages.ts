import type { InferInput } from 'valibot';
import type { websocketSettings } from './websocket-settings.ts';

/** What the shipped stages set of the WebSocket lane, by their ids. */
export const websocketStages: Readonly<Record<string, InferInput<typeof websocketSettings>>> = {
  dev: {
    requestsPerSecond: 500,
    requestBurst: 500,
    // The developer is the one principal there is, load tests included.
    principalSharePercent: 100,
    maxConnectionsPerPrincipal: 400,
    maxPublishesPerSecond: 20,
    maxResponsesPerSecond: 400,
    // 1.35 USD an hour for each of three tables at most, and 1.35 for the index of one: with the log below 8.10.
    maxThroughput: { readUnits: 500, writeUnits: 500 },
  },
  prod: {
    // With an answer each half of the account's 10,000, which every API of the account and region shares.
    requestsPerSecond: 2_500,
    requestBurst: 2_500,
    // Ten who do their worst together fill the account's rate, and none alone is felt.
    principalSharePercent: 10,
    maxConnectionsPerPrincipal: 50,
    maxPublishesPerSecond: 10,
    maxResponsesPerSecond: 50,
    // Four times what the API lets in: a deploy of clients makes rows and removes rows. 108 USD an hour if it lasts, three tables and an index.
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
