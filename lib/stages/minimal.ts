import { parseStage } from '../stage.ts';

/**
 * The cheapest stage that works, for trying things out: it needs no domain, no certificate and no DNS, and nobody should rely on it. It has
 * no web ACL, few alarms, and what each lane leaves out of it. docs/first-deploy.md lists what that gives up.
 */
export const minimal = parseStage(
  {
    id: 'minimal',
    region: 'us-east-1',
    production: false,
    logRetentionDays: 7,
    alarms: 'few',
    // EventSource in a page of another origin, and manual use of curl, need a token in the query.
    auth: { queryToken: true, origins: ['http://localhost:5173'] },
    // A test that runs away costs at most 0.27 USD an hour: 360,000 writes and reads.
    backbone: { retentionHours: 24, maxThroughput: { readUnits: 100, writeUnits: 100 } },
    edge: {
      type: 'cloudfront',
      originPrefixListId: 'pl-3b927c52',
      requestsPerAddress: null,
    },
  },
  'lib/stages/minimal.ts',
);
