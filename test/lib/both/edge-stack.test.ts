import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { DistributionEdge } from '../../../lib/edge/edge-settings.ts';
import { EdgeStack } from '../../../lib/edge/edge-stack.ts';
import { SseStack } from '../../../lib/sse/sse-stack.ts';
import { WebSocketStack } from '../../../lib/websocket/websocket-stack.ts';
import { preview } from '../fixed-stages.ts';
import { allowedTo, flatten, laneProps, NO_PUBLIC_ACCESS, testApp } from '../harness.ts';

const DISTRIBUTION = 'AWS::CloudFront::Distribution';

interface Behavior {
  readonly PathPattern?: string;
  readonly AllowedMethods?: readonly string[];
  readonly CachePolicyId: string;
  readonly Compress: boolean;
  readonly OriginRequestPolicyId: string;
  readonly ViewerProtocolPolicy: string;
}

/** Managed policies of CloudFront, as its documentation lists them. */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';
const ALL_VIEWER_AND_CLOUDFRONT = '33f36d7e-f396-46d9-90e0-52428a34d9dc';

/** The edge of a stage whose lanes are in Europe. */
function synthesize({
  edge: change = {},
  lanes = ['sse', 'websocket'],
  production = false,
  console = true,
}: {
  edge?: Partial<DistributionEdge>;
  lanes?: string[];
  production?: boolean;
  console?: boolean;
} = {}) {
  const edge = { ...preview.edge, ...change } as DistributionEdge;
  const stage = { ...preview, region: 'eu-west-1', edge, production, sse: { ...preview.sse, console } };
  const app = testApp();
  const { settings: _, ...common } = laneProps(stage, {}, { app });
  const stack = new EdgeStack(app, 'Edge', {
    env: { region: 'us-east-1' },
    stage,
    edge,
    lanes: [
      ...(lanes.includes('sse') ? [new SseStack(app, 'Sse', { ...common, settings: stage.sse })] : []),
      ...(lanes.includes('websocket') ? [new WebSocketStack(app, 'WebSocket', { ...common, settings: stage.websocket })] : []),
    ],
  });
  return Template.fromStack(stack);
}

function configOf(template: Template) {
  const [distribution] = Object.values(template.findResources(DISTRIBUTION));
  return distribution?.['Properties'].DistributionConfig;
}

let template: Template;
let behaviors: readonly Behavior[];

beforeAll(() => {
  template = synthesize();
  const { DefaultCacheBehavior, CacheBehaviors } = configOf(template);
  behaviors = [DefaultCacheBehavior, ...CacheBehaviors];
});

describe('the distribution', () => {
  test('supports HTTP/2 and HTTP/3, with the web ACL, and needs no domain', () => {
    template.hasResourceProperties(DISTRIBUTION, {
      DistributionConfig: { HttpVersion: 'http2and3', WebACLId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^WebAcl'), 'Arn'] } },
    });
    expect(configOf(template)).not.toHaveProperty('Aliases');
  });

  test('neither caches nor compresses a response of a lane', () => {
    expect(behaviors.map(({ PathPattern }) => PathPattern)).toEqual([undefined, '/v1/*', '/preview']);
    for (const behavior of behaviors.slice(1)) expect(behavior).toMatchObject({ CachePolicyId: CACHING_DISABLED, Compress: false });
  });

  test('does not cache errors of a task: cached, they would answer everybody for ten seconds', () => {
    expect(configOf(template).CustomErrorResponses).toEqual(
      [500, 502, 503, 504].map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: 0 })),
    );
  });

  test('takes the lanes over HTTPS only: a redirect would come after the token', () => {
    expect(behaviors.map(({ ViewerProtocolPolicy }) => ViewerProtocolPolicy)).toEqual(['redirect-to-https', 'https-only', 'https-only']);
  });

  test('passes posts on to the service, and Host, by which it knows its own pages', () => {
    expect(behaviors[1]).toMatchObject({
      AllowedMethods: expect.arrayContaining(['POST', 'OPTIONS']),
      OriginRequestPolicyId: ALL_VIEWER_AND_CLOUDFRONT,
    });
  });

  test('passes upgrades on to API Gateway with all headers except Host, by which it finds its API', () => {
    expect(behaviors[2]).toMatchObject({ OriginRequestPolicyId: ALL_VIEWER_EXCEPT_HOST });
  });

  test('reaches the load balancer by a VPC origin, and waits as long as the stage says', () => {
    template.hasResourceProperties(DISTRIBUTION, {
      DistributionConfig: {
        Origins: Match.arrayWith([
          Match.objectLike({ VpcOriginConfig: Match.objectLike({ OriginReadTimeout: 60, OriginKeepaliveTimeout: 30 }) }),
        ]),
      },
    });
    template.hasResourceProperties('AWS::CloudFront::VpcOrigin', {
      VpcOriginEndpointConfig: { OriginProtocolPolicy: 'http-only' },
    });
  });

  test('takes what it needs of lanes in another Region from the outputs of their stacks, and not by a custom resource', () => {
    const [origin] = Object.values(template.findResources('AWS::CloudFront::VpcOrigin'));
    expect(origin?.['Properties'].VpcOriginEndpointConfig.Arn).toMatchObject({
      'Fn::GetStackOutput': { StackName: 'Sse', Region: 'eu-west-1' },
    });
    const types = Object.values(template.toJSON()['Resources'] as Record<string, { Type: string }>).map(({ Type }) => Type);
    expect(new Set(types.filter((type) => type.startsWith('Custom::')))).toEqual(
      new Set(['Custom::CDKBucketDeployment', 'Custom::S3AutoDeleteObjects']),
    );
  });

  test('answers with security headers', () => {
    template.hasResourceProperties('AWS::CloudFront::ResponseHeadersPolicy', {
      ResponseHeadersPolicyConfig: {
        SecurityHeadersConfig: {
          ContentSecurityPolicy: { Override: true },
          ContentTypeOptions: { Override: true },
          FrameOptions: { FrameOption: 'DENY', Override: true },
          ReferrerPolicy: { ReferrerPolicy: 'no-referrer', Override: true },
          StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000 },
        },
      },
    });
  });

  test('lets the console connect to the host that it came from, which has both lanes, and to those of the sign-in', () => {
    const [policy] = Object.values(template.findResources('AWS::CloudFront::ResponseHeadersPolicy'));
    const text = policy?.['Properties'].ResponseHeadersPolicyConfig.SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy;
    const directives = flatten(text).split('; ');
    expect(directives).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self' https://cognito-idp.eu-west-1.amazonaws.com https://backbone-<AWS::AccountId>.auth.eu-west-1.amazoncognito.com",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });

  test('has no web ACL, and logs of none, where the stage does without', () => {
    const without = synthesize({ edge: { requestsPerAddress: null } });
    expect(configOf(without)).not.toHaveProperty('WebACLId');
    without.resourceCountIs('AWS::WAFv2::WebACL', 0);
    without.resourceCountIs('AWS::WAFv2::LoggingConfiguration', 0);
  });

  test('uses a host of the stage with its certificate', () => {
    const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/0';
    const own = configOf(synthesize({ edge: { host: 'lanes.example.com', certificateArn } }));
    expect(own).toMatchObject({
      Aliases: ['lanes.example.com'],
      ViewerCertificate: { AcmCertificateArn: certificateArn, MinimumProtocolVersion: 'TLSv1.2_2021' },
    });
  });

  test.each([
    ['sse', [undefined, '/v1/*']],
    ['websocket', [undefined, '/preview']],
  ])('works with only the %s lane behind it', (lane, paths) => {
    const { DefaultCacheBehavior, CacheBehaviors } = configOf(synthesize({ lanes: [lane] }));
    expect([DefaultCacheBehavior, ...CacheBehaviors].map(({ PathPattern }) => PathPattern)).toEqual(paths);
  });

  test('leaves all paths to the service if the stage has no console', () => {
    const without = synthesize({ console: false });
    expect(configOf(without).DefaultCacheBehavior).toMatchObject({ CachePolicyId: CACHING_DISABLED, Compress: false });
    without.resourceCountIs('AWS::S3::Bucket', 0);
  });

  test('is an error without a lane', () => {
    expect(() => synthesize({ lanes: [] })).toThrow('a distribution needs at least one lane behind it');
  });
});

test('access logs contain no query and no cookie, which may be tokens', () => {
  const [delivery] = Object.values(template.findResources('AWS::Logs::Delivery'));
  const fields: string[] = delivery?.['Properties'].RecordFields;
  expect(fields).toContain('cs-uri-stem');
  expect(fields.filter((field) => /query|cookie|referer|uri$|header/i.test(field))).toEqual([]);
});

test('the outputs say where clients connect', () => {
  const outputs = template.toJSON()['Outputs'] as Record<string, { Value: unknown }>;
  expect(flatten(outputs['HttpsUrl']?.Value)).toMatch(/^https:\/\/<EdgeDistribution\w+\.DomainName>$/);
  expect(flatten(outputs['WebSocketUrl']?.Value)).toMatch(/^wss:\/\/<EdgeDistribution\w+\.DomainName>\/preview$/);
});

describe('the console', () => {
  const BUCKET = 'AWS::S3::Bucket';
  const deployments = () => Object.entries(template.findResources('Custom::CDKBucketDeployment'));
  const deployed = (name: string) => deployments().find(([id]) => id.startsWith(`ConsoleFiles${name}`))?.[1];

  test('comes from the bucket, cached and compressed, on every path that belongs to no lane', () => {
    const { Origins, DefaultCacheBehavior } = configOf(template);
    expect(DefaultCacheBehavior).toMatchObject({ CachePolicyId: CACHING_OPTIMIZED, Compress: true });
    const origin = Origins.find(({ Id }: { Id: string }) => Id === DefaultCacheBehavior.TargetOriginId);
    expect(origin.DomainName).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^ConsoleBucket/), 'RegionalDomainName'] });
    expect(configOf(template).DefaultRootObject).toBe('index.html');
  });

  test('has the security headers too', () => {
    const { DefaultCacheBehavior, CacheBehaviors } = configOf(template);
    expect(DefaultCacheBehavior.ResponseHeadersPolicyId).toEqual(CacheBehaviors[0].ResponseHeadersPolicyId);
    expect(DefaultCacheBehavior.ResponseHeadersPolicyId).toBeDefined();
  });

  test('is in a bucket that is private, encrypted and versioned, and accepts TLS only', () => {
    template.hasResourceProperties(BUCKET, {
      BucketEncryption: Match.anyValue(),
      PublicAccessBlockConfiguration: NO_PUBLIC_ACCESS,
      VersioningConfiguration: { Status: 'Enabled' },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]),
      },
    });
  });

  test('may be read by this distribution only, which may list, because otherwise a missing file would be 403', () => {
    const [policy] = Object.values(template.findResources('AWS::S3::BucketPolicy'));
    const statements: { Principal: unknown; Effect: string }[] = policy?.['Properties'].PolicyDocument.Statement;
    const toServices = statements.filter(({ Principal }) => JSON.stringify(Principal).includes('Service'));
    expect(toServices).toEqual([
      expect.objectContaining({
        Action: ['s3:GetObject', 's3:ListBucket'],
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Condition: { StringEquals: { 'AWS:SourceArn': expect.anything() } },
      }),
    ]);
    template.hasResourceProperties('AWS::CloudFront::OriginAccessControl', {
      OriginAccessControlConfig: { OriginAccessControlOriginType: 's3', SigningBehavior: 'always' },
    });
  });

  test('is deleted with its stack in development, and stays in production', () => {
    template.hasResource(BUCKET, { DeletionPolicy: 'Delete' });
    template.resourceCountIs('Custom::S3AutoDeleteObjects', 1);
    const production = synthesize({ production: true });
    production.hasResource(BUCKET, { DeletionPolicy: 'Retain' });
    production.resourceCountIs('Custom::S3AutoDeleteObjects', 0);
  });

  test('is cached by browsers for a year if names change with the content, and otherwise requested each time', () => {
    expect(deployed('Assets')?.['Properties']).toMatchObject({
      DestinationBucketKeyPrefix: 'assets',
      SystemMetadata: { 'cache-control': 'public, max-age=31536000, immutable' },
    });
    expect(deployed('Page')?.['Properties'].SystemMetadata).toEqual({ 'cache-control': 'no-cache' });
  });

  test('gets its assets before the page that names them, and keeps those of open pages', () => {
    expect(deployed('Page')?.['DependsOn']).toContain(deployments().find(([id]) => id.startsWith('ConsoleFilesAssets'))?.[0]);
    expect(deployed('Assets')?.['Properties'].Prune).toBe(false);
    expect(deployed('Page')?.['Properties']).toMatchObject({ Prune: true, Exclude: ['assets/*'] });
  });

  test('is told the host of both lanes, and who signs its users in', () => {
    const markers = deployed('Page')?.['Properties'].SourceMarkers[1];
    expect(Object.values(markers).map(flatten)).toEqual([
      expect.stringMatching(/^<EdgeDistribution\w+\.DomainName>$/),
      expect.stringMatching(/^<Backbone:.*ProviderURL/),
      expect.stringMatching(/^<Backbone:.*Client/),
    ]);
  });

  test('is copied by a role that may read what it copies and change its bucket, and nothing else', () => {
    const [bucket] = Object.keys(template.findResources(BUCKET));
    const allowed = allowedTo(template, 'ConsoleFilesRole').map((line) => line.replace(/[0-9a-f]{64}/, '<hash>'));
    expect([...new Set(allowed)]).toEqual([
      expect.stringMatching(/^logs:CreateLogStream <ConsoleFilesLog/),
      expect.stringMatching(/^logs:PutLogEvents <ConsoleFilesLog/),
      `s3:DeleteObject <${bucket}.Arn>/*`,
      expect.stringMatching(/^s3:GetObject arn:aws:s3:::cdk-hnb659fds-assets-[^/]+\/<hash>\.zip$/),
      `s3:ListBucket <${bucket}.Arn>`,
      `s3:PutObject <${bucket}.Arn>/*`,
    ]);
  });
});
