import { beforeAll, describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Network } from '../../../lib/sse/network.ts';
import type { SseLoadBalancerProps } from '../../../lib/sse/sse-load-balancer.ts';
import { SseLoadBalancer } from '../../../lib/sse/sse-load-balancer.ts';
import type { Stage } from '../../../lib/stage.ts';
import { dev, prod } from '../fixed-stages.ts';
import { NO_PUBLIC_ACCESS, testStack } from '../harness.ts';

function synthesize(stage: Stage, change: Partial<SseLoadBalancerProps> = {}): Template {
  const stack = testStack();
  const { vpc } = new Network(stack, 'Network', { natGateways: 1, logRetention: 7 });
  new SseLoadBalancer(stack, 'Front', {
    idleTimeout: Duration.seconds(stage.sse.idleTimeoutSeconds),
    deregistrationDelay: Duration.seconds(stage.sse.deregistrationDelaySeconds),
    edge: stage.edge,
    vpc,
    targetPort: 8080,
    accessLogDays: stage.logRetentionDays,
    deletionProtection: stage.production,
    connectTo: () => ['wss://sockets.example/dev', 'https://issuer.example'],
    ...change,
  });
  return Template.fromStack(stack);
}

let devTemplate: Template;
let prodTemplate: Template;

beforeAll(() => {
  devTemplate = synthesize(dev);
  prodTemplate = synthesize(prod);
});

describe('the load balancer', () => {
  test('speaks HTTP/2 and TLS 1.3 on 443, with the certificate of the stage', () => {
    devTemplate.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      Protocol: 'HTTPS',
      SslPolicy: Match.stringLikeRegexp('^ELBSecurityPolicy-TLS13-1-2-Res'),
      Certificates: [{ CertificateArn: Match.stringLikeRegexp(`^arn:aws:acm:${dev.region}:111122223333:`) }],
      DefaultActions: [Match.objectLike({ Type: 'forward' })],
    });
    expect(loadBalancerAttributes(devTemplate)).toMatchObject({ 'routing.http2.enabled': 'true' });
  });

  test('has a web ACL unless the stage does without', () => {
    devTemplate.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1);
    const without = synthesize({ ...dev, edge: { ...dev.edge, requestsPerAddress: null } });
    without.resourceCountIs('AWS::WAFv2::WebACL', 0);
    without.resourceCountIs('AWS::WAFv2::WebACLAssociation', 0);
  });

  test('redirects plain HTTP in production, and forwards it in development', () => {
    const plain = (DefaultActions: unknown[]) => ({ Port: 80, Protocol: 'HTTP', DefaultActions });
    prodTemplate.hasResourceProperties(
      'AWS::ElasticLoadBalancingV2::Listener',
      plain([{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } }]),
    );
    devTemplate.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', plain([Match.objectLike({ Type: 'forward' })]));
  });

  test('allows the silence that the stage sets, drops invalid headers, and logs accesses', () => {
    expect(loadBalancerAttributes(devTemplate)).toMatchObject({
      'idle_timeout.timeout_seconds': '60',
      'routing.http.drop_invalid_header_fields.enabled': 'true',
      'access_logs.s3.enabled': 'true',
    });
  });

  test('responds over TLS with the headers that keep a page safe, and its policy names the hosts of the deployment', () => {
    expect(listenerHeaders(prodTemplate, 443)).toEqual({
      strict_transport_security: 'max-age=31536000',
      content_security_policy:
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
        "connect-src 'self' wss://sockets.example/dev https://issuer.example; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      x_content_type_options: 'nosniff',
      x_frame_options: 'DENY',
    });
  });

  test('responds in plain HTTP with the same except HSTS if it forwards, and with none if it redirects', () => {
    const { strict_transport_security: _, ...others } = listenerHeaders(devTemplate, 443);
    expect(others).toHaveProperty('content_security_policy');
    expect(listenerHeaders(devTemplate, 80)).toEqual(others);
    expect(listenerHeaders(prodTemplate, 80)).toEqual({});
  });

  test('cannot be deleted by accident in production', () => {
    expect(loadBalancerAttributes(prodTemplate)).toMatchObject({ 'deletion_protection.enabled': 'true' });
    expect(loadBalancerAttributes(devTemplate)).toMatchObject({ 'deletion_protection.enabled': 'false' });
  });

  test('keeps access logs encrypted, private and versioned, for as long as other logs and a day, in a bucket that outlives the stack', () => {
    prodTemplate.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
        PublicAccessBlockConfiguration: NO_PUBLIC_ACCESS,
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: {
          Rules: [Match.objectLike({ ExpirationInDays: 365, NoncurrentVersionExpiration: { NoncurrentDays: 1 }, Status: 'Enabled' })],
        },
      },
    });
  });

  test('speaks HTTP/1.1 to the tasks, since a target group of HTTP/2 answers HTTP/1.1 clients with 464', () => {
    devTemplate.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      Protocol: 'HTTP',
      ProtocolVersion: 'HTTP1',
      Port: 8080,
      TargetType: 'ip',
      HealthCheckPath: '/readyz',
    });
  });

  test('balances by open streams, without slow start, which does not support it, and waits for a drain', () => {
    expect(attributes(prodTemplate, 'AWS::ElasticLoadBalancingV2::TargetGroup', 'TargetGroupAttributes')).toMatchObject({
      'load_balancing.algorithm.type': 'least_outstanding_requests',
      'deregistration_delay.timeout_seconds': '130',
    });
    expect(attributes(prodTemplate, 'AWS::ElasticLoadBalancingV2::TargetGroup', 'TargetGroupAttributes')).not.toHaveProperty(
      'slow_start.duration_seconds',
    );
  });
});

test.each([0, 4_001])('an idle timeout of %s s, which only the deploy would refuse, is an error at synth', (seconds) => {
  expect(() => synthesize(dev, { idleTimeout: Duration.seconds(seconds) })).toThrow(`idleTimeout must be 1 to 4000 s, not ${seconds} s`);
});

test('the longest idle timeout is accepted', () => {
  expect(() => synthesize(dev, { idleTimeout: Duration.seconds(4_000) })).not.toThrow();
});

function attributes(template: Template, type: string, property: string): Readonly<Record<string, string>> {
  const [resource, ...others] = Object.values(template.findResources(type));
  expect(others).toEqual([]);
  const pairs: { Key: string; Value: string }[] = resource?.['Properties'][property];
  return Object.fromEntries(pairs.map(({ Key, Value }) => [Key, Value]));
}

/** Headers that the listener of a port adds to its answers. */
function listenerHeaders(template: Template, port: number): Readonly<Record<string, string>> {
  const [listener] = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::Listener', { Properties: { Port: port } }));
  const pairs: { Key: string; Value: string }[] = listener?.['Properties'].ListenerAttributes ?? [];
  return Object.fromEntries(pairs.map(({ Key, Value }) => [Key.replace(/^routing\.http\.response\.|\.header_value$/g, ''), Value]));
}

function loadBalancerAttributes(template: Template): Readonly<Record<string, string>> {
  return attributes(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'LoadBalancerAttributes');
}
