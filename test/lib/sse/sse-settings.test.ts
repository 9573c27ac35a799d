import { describe, expect, test } from '@jest/globals';
import { parseStage } from '../../../lib/stage.ts';
import { dev, preview, prod } from '../fixed-stages.ts';

const parse = (change: object) => () => parseStage({ ...dev, ...change }, 'test stage');

describe('the settings of the SSE lane', () => {
  test.each(['7 30 * * ? *', '0/15 * * * ? *', '30 7 ? * MON-FRI *', '0 8 1,15 * ? 2026-2030'])(
    'accepts the cron expression %s',
    (cron) => {
      const scaling = { ...dev.sse.scaling, schedule: [{ cron, minTasks: 3 }] };
      expect(parse({ sse: { ...dev.sse, scaling } })).not.toThrow();
    },
  );

  test.each(['', '30 7 * * 1-5', '30 7 * * MON-FRI *', '30 7 ? * ? *', 'rate(5 minutes)'])('rejects the cron expression "%s"', (cron) => {
    const scaling = { ...dev.sse.scaling, schedule: [{ cron, minTasks: 3 }] };
    expect(parse({ sse: { ...dev.sse, scaling } })).toThrow(/sse\.scaling\.schedule\.0\.cron: .*six fields of cron/);
  });

  test('rejects zones that it cannot be in, behind CloudFront those of no VPC origin too', () => {
    const within = (zoneIds: unknown, stage = dev) => parse({ ...stage, sse: { ...stage.sse, zoneIds } });
    expect(within(['use1-az1', 'use1-az3'])).not.toThrow();
    expect(within(['use1-az1', 'use1-az3'], preview)).toThrow(/sse\.zoneIds: \["use1-az1","use1-az3"\] is not valid: .*CloudFront/);
    expect(within(['usw1-az1', 'usw1-az2'])).toThrow(/sse\.zoneIds: .*have Fargate/);
    expect(within(['us-east-1a', 'us-east-1b'])).toThrow(/sse\.zoneIds\.0: "us-east-1a" is not valid: the id of an Availability Zone/);
    expect(within(['use1-az1', 'use1-az1'])).toThrow(/two different zones/);
    expect(within(['use1-az1'])).toThrow(/sse\.zoneIds/);
  });

  test('rejects tasks with public addresses in production', () => {
    const without = (stage: typeof dev) => parse({ ...stage, sse: { ...stage.sse, natGateways: 0 } });
    expect(without(dev)).not.toThrow();
    expect(without(prod)).toThrow(/sse\.natGateways: 0 is not valid: must be 1 or 2 in production/);
  });

  test('rejects a console that could sign nobody in', () => {
    const issuer = { url: 'https://issuer.example.com', audience: 'lanes', jwksUri: 'https://issuer.example.com/keys' };
    const auth = { ...dev.auth, issuer };
    expect(parse({ auth })).toThrow(/sse\.console: true is not valid: .*auth\.issuer\.clientId/);
    expect(parse({ auth, sse: { ...dev.sse, console: false } })).not.toThrow();
    expect(parse({ auth: { ...auth, issuer: { ...issuer, clientId: 'console' } } })).not.toThrow();
  });
});
