import { describe, expect, test } from '@jest/globals';
import { InvalidStageError, parseStage } from '../../lib/config.ts';
import { dev, preview, prod } from './fixed-stages.ts';

const { edge: loadBalancer } = dev;
const { edge: distribution } = preview;

const certificateIn = (region: string) => `arn:aws:acm:${region}:111122223333:certificate/0`;

const parse = (change: object) => () => parseStage({ ...dev, ...change }, 'test stage');

describe('parseStage', () => {
  test('answers a valid configuration as it is', () => {
    expect(parseStage(dev, 'test stage')).toEqual(dev);
  });

  test('names its source', () => {
    expect(parse({ region: 5 })).toThrow(InvalidStageError);
    expect(parse({ region: 5 })).toThrow(/^test stage is not a valid stage/);
  });

  // lane: sse
  test('names a nested key and its bad value', () => {
    expect(parse({ sse: { ...dev.sse, idleTimeoutSeconds: 4_001 } })).toThrow(/sse\.idleTimeoutSeconds: 4001 is not valid/);
  });
  // end lane

  test('names every key that is wrong', () => {
    const attempt = parse({ id: 'Dev!', logRetentionDays: 8 });
    expect(attempt).toThrow(/id: "Dev!" is not valid: 1 to 16 lower-case letters and digits/);
    expect(attempt).toThrow(/logRetentionDays: 8 is not valid/);
  });

  test('names a missing key', () => {
    const { region: _, ...withoutRegion } = dev;
    expect(() => parseStage(withoutRegion, 'test stage')).toThrow(/region: undefined is not valid/);
  });

  test('rejects a key that it does not know, so that a typing error is no silent default', () => {
    expect(parse({ reigon: 'us-east-1' })).toThrow(/reigon: .*is not valid/);
  });

  test.each([
    ['a fraction', 1.5],
    ['a text', '60'],
    ['not a number', Number.NaN],
  ])('rejects %s where a whole number is due', (_, value) => {
    expect(parse({ backbone: { ...dev.backbone, holeGraceMs: value } })).toThrow(/backbone\.holeGraceMs/);
  });

  test.each<[string, object, RegExp]>([
    [
      'a certificate that is no ACM certificate',
      { edge: { ...loadBalancer, certificateArn: 'arn:aws:iam::111122223333:server-certificate/mine' } },
      /edge\.certificateArn: "arn:aws:iam.*the ARN of an ACM certificate/,
    ],
    ['plain HTTP in production', { production: true }, /edge: .*plainHttp must be redirect, in production/],
    [
      'a certificate of another region, which the load balancer cannot use',
      { edge: { ...loadBalancer, certificateArn: certificateIn('eu-west-1') } },
      /edge: .*the same region as the stage/,
    ],
    [
      'a certificate that CloudFront cannot use',
      { edge: { ...distribution, host: 'lanes.example.com', certificateArn: certificateIn('eu-west-1') } },
      /edge: .*must be of us-east-1/,
    ],
    ['a host without a certificate', { edge: { ...distribution, host: 'lanes.example.com' } }, /edge: .*go together/],
    ['a certificate without a host', { edge: { ...distribution, certificateArn: certificateIn('us-east-1') } }, /edge: .*go together/],
    [
      'a certificate for a host of CloudFront',
      { edge: { ...distribution, host: 'd111111abcdef8.cloudfront.net', certificateArn: certificateIn('us-east-1') } },
      /edge: .*go together/,
    ],
    ['an edge that there is none of', { edge: { type: 'nginx' } }, /edge\.type: "nginx" is not valid/],
    [
      'no prefix list',
      { edge: { ...distribution, originPrefixListId: 'cloudfront' } },
      /edge\.originPrefixListId: "cloudfront" is not valid/,
    ],
  ])('rejects %s', (_, change, message) => {
    expect(parse(change)).toThrow(message);
  });

  // lane: sse
  test.each(['7 30 * * ? *', '0/15 * * * ? *', '30 7 ? * MON-FRI *', '0 8 1,15 * ? 2026-2030'])('takes the cron expression %s', (cron) => {
    const scaling = { ...dev.sse.scaling, schedule: [{ cron, minTasks: 3 }] };
    expect(parse({ sse: { ...dev.sse, scaling } })).not.toThrow();
  });

  test.each(['', '30 7 * * 1-5', '30 7 * * MON-FRI *', '30 7 ? * ? *', 'rate(5 minutes)'])('rejects the cron expression "%s"', (cron) => {
    const scaling = { ...dev.sse.scaling, schedule: [{ cron, minTasks: 3 }] };
    expect(parse({ sse: { ...dev.sse, scaling } })).toThrow(/sse\.scaling\.schedule\.0\.cron: .*six fields of cron/);
  });
  // end lane

  // lane: sse
  test.each([
    ["the stage's own user pool", undefined],
    ['an issuer on the internet', 'https://issuer.example.com/jwks.json'],
    ['keys in S3 of another region', 'https://keys.s3.ap-south-2.amazonaws.com/jwks.json'],
    ['a host that only looks like S3', `https://evils3.${dev.region}.amazonaws.com/jwks.json`],
  ])('rejects a network of endpoints with %s: tasks would not reach its keys', (_, jwksUri) => {
    const issuer =
      jwksUri === undefined ? {} : { issuer: { url: 'https://issuer.example.com', audience: 'lanes', jwksUri, clientId: 'console' } };
    const change = { auth: { ...dev.auth, ...issuer }, sse: { ...dev.sse, network: { type: 'endpoints' } } };
    expect(parse(change)).toThrow(/sse\.network: .*endpoints reach the keys of an issuer only if/);
  });

  test.each([`https://keys.s3.${dev.region}.amazonaws.com/jwks.json`, `https://s3.${dev.region}.amazonaws.com/keys/jwks.json`])(
    'takes a network of endpoints with keys at %s',
    (jwksUri) => {
      const auth = { ...dev.auth, issuer: { url: 'https://issuer.example.com', audience: 'lanes', jwksUri, clientId: 'console' } };
      expect(parse({ auth, sse: { ...dev.sse, network: { type: 'endpoints' } } })).not.toThrow();
    },
  );

  test('rejects keys at another port than tasks may call', () => {
    const issuer = {
      url: 'https://issuer.example.com',
      audience: 'lanes',
      jwksUri: 'https://issuer.example.com:8443/keys',
      clientId: 'console',
    };
    expect(parse({ auth: { ...dev.auth, issuer } })).toThrow(/auth\.issuer\.jwksUri: .*a URL of port 443/);
  });

  test('rejects a console that could sign nobody in', () => {
    const issuer = { url: 'https://issuer.example.com', audience: 'lanes', jwksUri: 'https://issuer.example.com/keys' };
    const auth = { ...dev.auth, issuer };
    expect(parse({ auth })).toThrow(/sse\.console: true is not valid: .*auth\.issuer\.clientId/);
    expect(parse({ auth, sse: { ...dev.sse, console: false } })).not.toThrow();
    expect(parse({ auth: { ...auth, issuer: { ...issuer, clientId: 'console' } } })).not.toThrow();
  });

  test.each([
    ['a share of nothing', { percent: 0, bakeMinutes: 10 }],
    ['all at once', { percent: 100, bakeMinutes: 10 }],
    ['a time in which no alarm is raised', { percent: 10, bakeMinutes: 9 }],
  ])('rejects a canary of %s', (_, canary) => {
    expect(parse({ sse: { ...prod.sse, rollout: { type: 'canary', ...canary } }, edge: prod.edge })).toThrow(/sse\.rollout\./);
  });

  test('rejects a canary where tasks have requests in the clear too: ECS would leave them with the old tasks', () => {
    const rollout = { type: 'canary', percent: 10, bakeMinutes: 10 };
    const change = (plainHttp: string) => ({ sse: { ...dev.sse, rollout }, edge: { ...dev.edge, plainHttp } });
    expect(parse(change('forward'))).toThrow(/sse\.rollout: .*canary goes with plainHttp: redirect/);
    expect(parse(change('redirect'))).not.toThrow();
  });
  // end lane

  // lane: websocket
  test('rejects a rollout that CodeDeploy does not have ready', () => {
    const fanOut = { ...dev.websocket.fanOut, rollout: 'Canary50Percent1Minute' };
    expect(parse({ websocket: { ...dev.websocket, fanOut } })).toThrow(/websocket\.fanOut\.rollout: "Canary50Percent1Minute" is not valid/);
  });
  // end lane

  test.each([
    ['none, before the first deploy', {}],
    ['the one that CloudFront has assigned', { host: 'd111111abcdef8.cloudfront.net' }],
    ['one of its own with a certificate', { host: 'lanes.example.com', certificateArn: certificateIn('us-east-1') }],
  ])('a distribution may have as its host %s', (_, host) => {
    expect(parse({ region: 'eu-west-1', edge: { ...distribution, ...host } })).not.toThrow();
  });
});
