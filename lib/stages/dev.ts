import { parseStage } from '../stage.ts';

/** One developer's deployment: small, cheap, and removed without a trace when its stacks are deleted. */
export const dev = parseStage(
  {
    id: 'dev',
    region: 'us-east-1',
    production: false,
    logRetentionDays: 7,
    channels: [{ match: 'ephemeral.*', kind: 'ephemeral' }],
    // EventSource in a page of another origin, and manual use of curl, need a token in the query.
    auth: { queryToken: true, origins: ['http://localhost:5173'] },
    // 500 publications a second, 250 with a key. A test that runs away costs at most 2.70 USD an hour, and as much again for presence.
    backbone: { retentionHours: 24, defaultBus: true, maxThroughput: { readUnits: 1_000, writeUnits: 1_000 } },
    edge: {
      type: 'alb',
      // Set both before the first deploy.
      domainName: 'lanes-dev.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000',
      plainHttp: 'forward',
      requestsPerAddress: 2_000_000, // Load tests come from one address.
    },
  },
  'lib/stages/dev.ts',
);
