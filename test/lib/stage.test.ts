import { describe, expect, test } from '@jest/globals';
import { InvalidStageError, parseStage } from '../../lib/stage.ts';
import { dev, preview } from './fixed-stages.ts';

const { edge: loadBalancer } = dev;
const { edge: distribution } = preview;

const certificateIn = (region: string) => `arn:aws:acm:${region}:111122223333:certificate/0`;

const parse = (change: object) => () => parseStage({ ...dev, ...change }, 'test stage');

describe('parseStage', () => {
  test('returns a valid configuration unchanged', () => {
    expect(parseStage(dev, 'test stage')).toEqual(dev);
  });

  test('names its source', () => {
    expect(parse({ region: 5 })).toThrow(InvalidStageError);
    expect(parse({ region: 5 })).toThrow(/^test stage is not a valid stage/);
  });

  test('names a nested key and its bad value', () => {
    expect(parse({ backbone: { ...dev.backbone, retentionHours: 0 } })).toThrow(/backbone\.retentionHours: 0 is not valid/);
  });

  test('fills in what a stage leaves out', () => {
    const { backbone } = parse({ backbone: { retentionHours: 2, maxThroughput: dev.backbone.maxThroughput } })();
    expect(backbone).toMatchObject({ retentionHours: 2, publishTimeoutMs: 2_000 });
  });

  test('rejects keys of an issuer at a port that tasks may not call', () => {
    const issuer = {
      url: 'https://issuer.example.com',
      audience: 'lanes',
      jwksUri: 'https://issuer.example.com:8443/keys',
      clientId: 'console',
    };
    expect(parse({ auth: { ...dev.auth, issuer } })).toThrow(/auth\.issuer\.jwksUri: .*a URL of port 443/);
  });

  test.each([
    [
      'a pattern that is none',
      [{ match: 'a b', kind: 'ephemeral' }],
      /channels\.0\.match: "a b" is not valid: a channel, or the beginning/,
    ],
    ['a * inside of a pattern', [{ match: 'a.*.b', kind: 'ephemeral' }], /channels\.0\.match: "a\.\*\.b" is not valid/],
    [
      'a kind that there is none of',
      [{ match: 'a', kind: 'lasting' }],
      /channels\.0\.kind: "lasting" is not valid: durable, latest or ephemeral/,
    ],
    [
      'a pattern that another one before it has used up',
      [
        { match: 'a.*', kind: 'ephemeral' },
        { match: 'a.b.*', kind: 'durable' },
      ],
      /channels\.1\.match: "a\.b\.\*" is not valid: a pattern that the rule for "a\.\*" before it leaves something for/,
    ],
    [
      'more rules than fit into the environment of a function',
      Array.from({ length: 40 }, (_, at) => ({ match: `channel-${at}`, kind: 'ephemeral' })),
      /channels: .* is not valid: rules of at most 1024 characters as JSON/,
    ],
  ])('rejects as kinds of channels %s', (_, channels, message) => {
    expect(parse({ channels })).toThrow(message);
  });

  test('the exception comes before the rule, and without rules every channel is durable', () => {
    const channels = [
      { match: 'a.b.*', kind: 'durable' },
      { match: 'a.*', kind: 'ephemeral' },
    ];
    expect(parse({ channels })().channels).toEqual(channels);
    expect(parse({ channels: undefined })().channels).toEqual([]);
  });

  test('names every wrong setting', () => {
    const attempt = parse({ id: 'Dev!', logRetentionDays: 8 });
    expect(attempt).toThrow(/id: "Dev!" is not valid: 1 to 16 lower-case letters and digits/);
    expect(attempt).toThrow(/logRetentionDays: 8 is not valid/);
  });

  test('names a missing setting', () => {
    const { region: _, ...withoutRegion } = dev;
    expect(() => parseStage(withoutRegion, 'test stage')).toThrow(/region: undefined is not valid/);
  });

  test('rejects an unknown setting, so that a typo is not silently ignored', () => {
    expect(parse({ reigon: 'us-east-1' })).toThrow(/reigon: .*is not valid/);
  });

  test.each([
    ['a fraction', 1.5],
    ['a text', '60'],
    ['not a number', Number.NaN],
  ])('rejects %s if a whole number is required', (_, value) => {
    expect(parse({ backbone: { ...dev.backbone, gapGraceMs: value } })).toThrow(/backbone\.gapGraceMs/);
  });

  test.each<[string, object, RegExp]>([
    [
      'a certificate that is no ACM certificate',
      { edge: { ...loadBalancer, certificateArn: 'arn:aws:iam::111122223333:server-certificate/mine' } },
      /edge\.certificateArn: "arn:aws:iam.*the ARN of an ACM certificate/,
    ],
    ['plain HTTP in production', { production: true }, /edge: .*plainHttp must be redirect in production/],
    [
      'no web ACL in production',
      { production: true, edge: { ...distribution, requestsPerAddress: null } },
      /edge\.requestsPerAddress: null is not valid: must be a number in production/,
    ],
    [
      'a web ACL without a limit, which is a typo or a wish for none',
      { edge: { ...distribution, requestsPerAddress: undefined } },
      /edge\.requestsPerAddress: undefined is not valid/,
    ],
    ['alarms that there are none of', { alarms: 'none' }, /alarms: "none" is not valid/],
    [
      'a certificate of another region, which the load balancer cannot use',
      { edge: { ...loadBalancer, certificateArn: certificateIn('eu-west-1') } },
      /edge: .*the same region as the stage/,
    ],
    [
      'a certificate that CloudFront cannot use',
      { edge: { ...distribution, host: 'lanes.example.com', certificateArn: certificateIn('eu-west-1') } },
      /edge: .*must be in us-east-1/,
    ],
    ['a host without a certificate', { edge: { ...distribution, host: 'lanes.example.com' } }, /edge: .*needs a certificateArn/],
    [
      'a certificate without a host',
      { edge: { ...distribution, certificateArn: certificateIn('us-east-1') } },
      /edge: .*needs a certificateArn/,
    ],
    [
      'a certificate for a host of CloudFront',
      { edge: { ...distribution, host: 'd111111abcdef8.cloudfront.net', certificateArn: certificateIn('us-east-1') } },
      /edge: .*needs a certificateArn/,
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

  test.each([
    ['none, before the first deploy', {}],
    ['the one that CloudFront has assigned', { host: 'd111111abcdef8.cloudfront.net' }],
    ['one of its own with a certificate', { host: 'lanes.example.com', certificateArn: certificateIn('us-east-1') }],
  ])('a distribution may have as its host %s', (_, host) => {
    expect(parse({ region: 'eu-west-1', edge: { ...distribution, ...host } })).not.toThrow();
  });
});
