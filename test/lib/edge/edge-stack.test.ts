import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { DistributionEdge } from '../../../lib/config.ts';
import { EdgeStack } from '../../../lib/edge/edge-stack.ts';
import { SseStack } from '../../../lib/sse/sse-stack.ts';
import { preview } from '../../../lib/stages/preview.ts';
import { WebSocketStack } from '../../../lib/websocket/websocket-stack.ts';
import { flatten, testApp, testBackbone } from '../harness.ts';

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
const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';
const ALL_VIEWER_AND_CLOUDFRONT = '33f36d7e-f396-46d9-90e0-52428a34d9dc';

/** The edge of a stage whose lanes are in Europe. */
function synthesize({ edge: change = {}, lanes = ['sse', 'webSocket'] }: { edge?: Partial<DistributionEdge>; lanes?: string[] } = {}) {
  const edge = { ...preview.edge, ...change } as DistributionEdge;
  const stage = { ...preview, region: 'eu-west-1', edge };
  const app = testApp();
  const common = { env: { region: stage.region }, stage, ...testBackbone(stage, app) };
  const stack = new EdgeStack(app, 'Edge', {
    env: { region: 'us-east-1' },
    stage,
    edge,
    lanes: {
      ...(lanes.includes('sse') && { sse: new SseStack(app, 'Sse', common) }),
      ...(lanes.includes('webSocket') && { webSocket: new WebSocketStack(app, 'WebSocket', common) }),
    },
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
  test('speaks HTTP/2 and HTTP/3, with the web ACL, and needs no domain', () => {
    template.hasResourceProperties(DISTRIBUTION, {
      DistributionConfig: { HttpVersion: 'http2and3', WebACLId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^WebAcl'), 'Arn'] } },
    });
    expect(configOf(template)).not.toHaveProperty('Aliases');
  });

  test('neither caches nor compresses an answer of a lane', () => {
    expect(behaviors.map(({ PathPattern }) => PathPattern)).toEqual([undefined, '/v1/*', '/preview']);
    for (const behavior of behaviors) expect(behavior).toMatchObject({ CachePolicyId: CACHING_DISABLED, Compress: false });
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

  test('passes upgrades on to API Gateway with all headers but Host, which it knows its own API by', () => {
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

  test('takes what it needs of lanes in another Region from the outputs of their stacks, without a custom resource', () => {
    const [origin] = Object.values(template.findResources('AWS::CloudFront::VpcOrigin'));
    expect(origin?.['Properties'].VpcOriginEndpointConfig.Arn).toMatchObject({
      'Fn::GetStackOutput': { StackName: 'Sse', Region: 'eu-west-1' },
    });
    const types = Object.values(template.toJSON()['Resources'] as Record<string, { Type: string }>).map(({ Type }) => Type);
    expect(types.filter((type) => type.startsWith('Custom::'))).toEqual([]);
  });

  test('answers with security headers', () => {
    template.hasResourceProperties('AWS::CloudFront::ResponseHeadersPolicy', {
      ResponseHeadersPolicyConfig: {
        SecurityHeadersConfig: {
          ContentSecurityPolicy: { ContentSecurityPolicy: Match.stringLikeRegexp("frame-ancestors 'none'"), Override: true },
          ContentTypeOptions: { Override: true },
          FrameOptions: { FrameOption: 'DENY', Override: true },
          ReferrerPolicy: { ReferrerPolicy: 'no-referrer', Override: true },
          StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000 },
        },
      },
    });
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
    ['webSocket', [undefined, '/preview']],
  ])('stands before the %s lane alone', (lane, paths) => {
    const { DefaultCacheBehavior, CacheBehaviors } = configOf(synthesize({ lanes: [lane] }));
    expect([DefaultCacheBehavior, ...CacheBehaviors].map(({ PathPattern }) => PathPattern)).toEqual(paths);
  });

  test('is an error without a lane', () => {
    expect(() => synthesize({ lanes: [] })).toThrow('a distribution needs a lane behind it');
  });
});

test('access logs hold no query and no cookie, which may be tokens', () => {
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
