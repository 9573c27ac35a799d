import { parseStage } from '../stage.ts';

/** The deployment that people rely on: data survives the stacks, and a task or a zone may be lost. */
export const prod = parseStage(
  {
    id: 'prod',
    region: 'us-east-1',
    production: true,
    logRetentionDays: 365,
    auth: {},
    // Enough for 5,000 publications a second with a key each, of up to 1 KB; 54 USD an hour at that rate.
    backbone: { retentionHours: 72, maxThroughput: { readUnits: 20_000, writeUnits: 20_000 } },
    edge: {
      type: 'alb',
      // Set both before the first deploy.
      domainName: 'lanes.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000',
      plainHttp: 'redirect',
      // A principal may publish 50 times a second, which is 15,000 in five minutes; and an office behind one address may reconnect as a whole after a deploy.
      requestsPerAddress: 20_000,
    },
  },
  'lib/stages/prod.ts',
);
