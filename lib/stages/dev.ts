import { parseStage } from '../config.ts';

/** One developer's deployment: small, cheap, gone without a trace when its stacks are deleted. */
export const dev = parseStage(
  {
    id: 'dev',
    region: 'us-east-1',
    production: false,
    logRetentionDays: 7,
    auth: {
      // EventSource in a page of another origin, and curl by hand, have no other way.
      queryToken: true,
      origins: ['http://localhost:5173'],
    },
    backbone: {
      retentionHours: 24,
      holeGraceMs: 5_000,
      publishTimeoutMs: 2_000,
      publishFunctionTimeoutSeconds: 15,
      // 250 publications a second with a key, 500 without. A test that runs away costs 2.70 USD an hour here: 3.6 million writes and reads.
      maxThroughput: { readUnits: 1_000, writeUnits: 1_000 },
    },
    // lane: websocket
    websocket: {
      connectionTtlMinutes: 130,
      requestsPerSecond: 500,
      requestBurst: 500,
      // The developer is the one principal there is, load tests included.
      principalSharePercent: 100,
      maxConnectionsPerPrincipal: 400,
      maxPublishesPerSecond: 20,
      maxAnswersPerSecond: 400,
      // 1.35 USD an hour for each of three tables at most, and 1.35 for the index of one: with the log below 8.10.
      maxThroughput: { readUnits: 500, writeUnits: 500 },
      routeFunctionTimeoutSeconds: 15,
      fanOut: {
        functionTimeoutSeconds: 30,
        memoryMb: 512,
        postConcurrency: 64,
        maxConcurrency: 5,
        batchSize: 10,
        visibilityTimeoutSeconds: 180,
        maxReceiveCount: 5,
        rollout: 'AllAtOnce',
      },
      replay: { maxConcurrency: 5, maxPerPrincipal: 8, postsPerSecondPerPrincipal: 100 },
      sweep: { intervalMinutes: 15, maxConnections: 1_000, functionTimeoutSeconds: 60 },
    },
    // end lane
    // lane: sse
    sse: {
      console: true,
      network: { type: 'nat', gateways: 1 },
      rollout: { type: 'rolling' },
      task: {
        cpu: 256,
        memoryMb: 512,
        maxStreams: 2_000,
        // The developer is the one principal there is, load tests included.
        maxStreamsPerPrincipal: 1_999,
        maxPublishesPerSecond: 5_000,
        maxUnsentBytes: 1_048_576,
        openFiles: 65_535,
      },
      scaling: { minTasks: 2, maxTasks: 4, targetStreamsPerTask: 1_000, schedule: [] },
      heartbeatIntervalMs: 15_000,
      headCheckIntervalMs: 30_000,
      retryMinMs: 1_000,
      retryMaxMs: 5_000,
      drainSeconds: 5,
      targetHealthIntervalSeconds: 2,
      idleTimeoutSeconds: 60,
      keepAliveSeconds: 75,
      deregistrationDelaySeconds: 10,
      stopTimeoutSeconds: 30,
      sweepIntervalMinutes: 15,
      cleanerTimeoutSeconds: 60,
    },
    // end lane
    edge: {
      type: 'alb',
      // Set both before the first deploy.
      domainName: 'lanes-dev.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000',
      plainHttp: 'forward',
      // Load tests come from one address.
      requestsPerAddress: 100_000,
    },
  },
  'lib/stages/dev.ts',
);
