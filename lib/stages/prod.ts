import { parseStage } from '../config.ts';

/** The deployment that people rely on: data survives the stacks, and a task or a zone may be lost. */
export const prod = parseStage(
  {
    id: 'prod',
    region: 'us-east-1',
    production: true,
    logRetentionDays: 365,
    auth: { queryToken: false, origins: [] },
    backbone: {
      retentionHours: 72,
      holeGraceMs: 5_000,
      publishTimeoutMs: 2_000,
      publishFunctionTimeoutSeconds: 15,
      // What 5,000 publications a second take that all come with a key, up to 1 KB each; 54 USD an hour if it lasts.
      maxThroughput: { readUnits: 20_000, writeUnits: 20_000 },
    },
    // lane: websocket
    websocket: {
      connectionTtlMinutes: 130,
      // With an answer each half of the account's 10,000, which every API of the account and region shares.
      requestsPerSecond: 2_500,
      requestBurst: 2_500,
      // Ten who do their worst together fill the account's rate, and none alone is felt.
      principalSharePercent: 10,
      maxConnectionsPerPrincipal: 50,
      maxPublishesPerSecond: 10,
      maxAnswersPerSecond: 50,
      // Four times what the API lets in: a deploy of clients makes rows and removes rows. 108 USD an hour if it lasts, three tables and an index.
      maxThroughput: { readUnits: 10_000, writeUnits: 10_000 },
      routeFunctionTimeoutSeconds: 15,
      fanOut: {
        functionTimeoutSeconds: 60,
        memoryMb: 1_769,
        postConcurrency: 256,
        maxConcurrency: 50,
        batchSize: 10,
        visibilityTimeoutSeconds: 360,
        maxReceiveCount: 5,
        rollout: 'Canary10Percent5Minutes',
      },
      replay: { maxConcurrency: 10, maxPerPrincipal: 8, postsPerSecondPerPrincipal: 100 },
      sweep: { intervalMinutes: 10, maxConnections: 1_000, functionTimeoutSeconds: 60 },
    },
    // end lane
    // lane: sse
    sse: {
      console: false,
      network: { type: 'nat', gateways: 2 },
      rollout: { type: 'rolling' },
      task: {
        cpu: 1024,
        memoryMb: 2_048,
        maxStreams: 20_000,
        maxStreamsPerPrincipal: 100,
        maxPublishesPerSecond: 50,
        maxUnsentBytes: 1_048_576,
        openFiles: 65_535,
      },
      // Two thirds of what a task takes: the streams of one lost task of three find room on the others.
      scaling: { minTasks: 3, maxTasks: 30, targetStreamsPerTask: 13_000, schedule: [] },
      heartbeatIntervalMs: 15_000,
      headCheckIntervalMs: 30_000,
      retryMinMs: 1_000,
      retryMaxMs: 15_000,
      drainSeconds: 60,
      targetHealthIntervalSeconds: 10,
      idleTimeoutSeconds: 60,
      keepAliveSeconds: 75,
      deregistrationDelaySeconds: 90,
      stopTimeoutSeconds: 120,
      sweepIntervalMinutes: 15,
      cleanerTimeoutSeconds: 60,
    },
    // end lane
    edge: {
      type: 'alb',
      // Set both before the first deploy.
      domainName: 'lanes.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000',
      plainHttp: 'redirect',
      // An office behind one address may reconnect as a whole after a deploy.
      requestsPerAddress: 10_000,
    },
  },
  'lib/stages/prod.ts',
);
