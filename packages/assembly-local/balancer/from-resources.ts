import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Resource } from '../assembly/resolve.ts';
import { type Addresses, localizeOrigins } from '../assembly/rewrite.ts';
import type { Bucket } from '../buckets/bucket.ts';
import type { Certificate } from '../certificate.ts';
import { declared, fromDeclared } from '../declared.ts';
import { distributionsFromResources } from './distributions.ts';
import { type Action, Listener } from './listener.ts';
import { TargetGroup } from './target-group.ts';

/** Limits the interval of the template: nobody wants to wait for a health check locally. */
const MAX_CHECK_INTERVAL_S = 1;

const attributes = v.pipe(
  v.optional(v.array(v.object({ Key: v.string(), Value: v.string() })), []),
  v.transform((pairs) => new Map(pairs.map(({ Key, Value }) => [Key, Value]))),
);

const loadBalancerProperties = v.object({
  Type: v.optional(v.literal('application'), 'application'),
  LoadBalancerAttributes: attributes,
});

const targetGroupProperties = v.object({
  Protocol: v.literal('HTTP', 'targets must speak plain HTTP'),
  ProtocolVersion: v.optional(v.literal('HTTP1', 'targets must speak HTTP/1.1'), 'HTTP1'),
  TargetType: v.optional(v.string()),
  HealthCheckPath: v.optional(v.string(), '/'),
  HealthCheckIntervalSeconds: v.optional(v.number(), 30),
  HealthCheckTimeoutSeconds: v.optional(v.number(), 5),
  HealthyThresholdCount: v.optional(v.number(), 5),
  UnhealthyThresholdCount: v.optional(v.number(), 2),
  Matcher: v.optional(v.object({ HttpCode: v.string() }), { HttpCode: '200' }),
  TargetGroupAttributes: attributes,
});

const action = v.variant('Type', [
  v.object({
    Type: v.literal('forward'),
    TargetGroupArn: v.optional(v.string()),
    ForwardConfig: v.optional(
      v.object({ TargetGroups: v.array(v.object({ TargetGroupArn: v.string(), Weight: v.optional(v.number(), 1) })) }),
    ),
  }),
  v.object({
    Type: v.literal('redirect'),
    RedirectConfig: v.object({
      Protocol: v.optional(v.string(), '#{protocol}'),
      Host: v.optional(v.string(), '#{host}'),
      Port: v.optional(v.string(), '#{port}'),
      Path: v.optional(v.string(), '/#{path}'),
      Query: v.optional(v.string(), '#{query}'),
      StatusCode: v.picklist(['HTTP_301', 'HTTP_302']),
    }),
  }),
  v.object({
    Type: v.literal('fixed-response'),
    FixedResponseConfig: v.object({
      StatusCode: v.string(),
      ContentType: v.optional(v.string(), 'text/plain'),
      MessageBody: v.optional(v.string(), ''),
    }),
  }),
]);

const listenerProperties = v.object({
  LoadBalancerArn: v.string(),
  Port: v.number(),
  Protocol: v.picklist(['HTTP', 'HTTPS']),
  DefaultActions: v.pipe(v.array(action), v.length(1)),
  ListenerAttributes: attributes,
});

const ruleProperties = v.object({
  ListenerArn: v.string(),
  Conditions: v.tuple([
    v.object({
      Field: v.literal('path-pattern', 'a rule must be for paths locally'),
      PathPatternConfig: v.object({ Values: v.tuple([v.literal('/*', 'a rule must be for all paths locally')]) }),
    }),
  ]),
  Actions: v.pipe(v.array(action), v.length(1)),
});

type ListenerAction = v.InferOutput<typeof action>;

export interface Balancers {
  /**
   * The listeners, each with the host name that AWS would give its load balancer, and the distributions in
   * front of them with their host names.
   */
  readonly listeners: readonly { readonly listener: Listener; readonly dnsName: string }[];
  readonly targetGroups: ReadonlyMap<string, TargetGroup>;
}

/**
 * The load balancers, listeners, target groups and distributions that the templates declare. Nothing listens
 * yet.
 * @param addresses may be filled in later: headers with AWS host names then contain the local ones
 */
export function balancersFromResources(
  resources: readonly Resource[],
  certificate: Certificate,
  buckets: readonly Bucket[],
  addresses: Addresses,
): Balancers {
  const targetGroups = new Map(
    fromDeclared(resources, 'AWS::ElasticLoadBalancingV2::TargetGroup', targetGroupProperties, ({ resource, properties }) => {
      const group = new TargetGroup({
        arn: resource.ref,
        deregistrationDelayMs: Number(properties.TargetGroupAttributes.get('deregistration_delay.timeout_seconds') ?? 300) * 1000,
        healthCheck: {
          path: properties.HealthCheckPath,
          intervalMs: Math.min(MAX_CHECK_INTERVAL_S, properties.HealthCheckIntervalSeconds) * 1000,
          timeoutMs: properties.HealthCheckTimeoutSeconds * 1000,
          healthyThreshold: properties.HealthyThresholdCount,
          unhealthyThreshold: properties.UnhealthyThresholdCount,
          matcher: properties.Matcher.HttpCode,
        },
      });
      return [group.arn, group] as const;
    }),
  );
  const loadBalancers = declared(resources, 'AWS::ElasticLoadBalancingV2::LoadBalancer', loadBalancerProperties);
  const listeners: { listener: Listener; dnsName: string; templatePort: number; action: Action }[] = [];
  const rules = declared(resources, 'AWS::ElasticLoadBalancingV2::ListenerRule', ruleProperties);
  fromDeclared(resources, 'AWS::ElasticLoadBalancingV2::Listener', listenerProperties, (declaration) => {
    const { LoadBalancerArn, Protocol, Port } = declaration.properties;
    const owner = loadBalancers.find(({ resource }) => resource.ref === LoadBalancerArn);
    if (owner === undefined)
      throw new UnsupportedTemplateError(`${declaration.resource.logicalId}: there is no load balancer ${LoadBalancerArn}`);
    const dnsName = owner.resource.attributes['DNSName'] ?? '';
    // A rule takes all requests here, so nothing is left for the default action.
    const rule = rules.find(({ properties }) => properties.ListenerArn === declaration.resource.ref);
    const [first] = rule?.properties.Actions ?? declaration.properties.DefaultActions;
    const action = toAction((rule ?? declaration).resource, first, targetGroups);
    const listener = new Listener({
      protocol: Protocol === 'HTTPS' ? 'https' : 'http',
      certificate,
      action,
      headers: () => localizeOrigins(headersOf(declaration.properties.ListenerAttributes), addresses),
      idleTimeoutMs: Number(owner.properties.LoadBalancerAttributes.get('idle_timeout.timeout_seconds') ?? 60) * 1000,
      localPort: (port) => listeners.find((other) => other.dnsName === dnsName && other.templatePort === port)?.listener.port,
    });
    listeners.push({ listener, dnsName, templatePort: Port, action });
  });
  const actionOf = (host: string) => listeners.find(({ dnsName }) => dnsName === host)?.action;
  for (const { dnsName, action, idleTimeoutMs } of distributionsFromResources(resources, buckets, addresses, actionOf)) {
    const listener = new Listener({ protocol: 'https', certificate, action, idleTimeoutMs, localPort: () => undefined });
    listeners.push({ listener, dnsName, templatePort: 443, action });
  }
  return { listeners, targetGroups };
}

/**
 * The headers that the attributes of a listener add to its responses:
 * `routing.http.response.x_frame_options.header_value`.
 */
function headersOf(attributes: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...attributes].flatMap(([key, value]) => {
      const name = /^routing\.http\.response\.(\w+)\.header_value$/.exec(key)?.[1];
      return name === undefined ? [] : [[name.replaceAll('_', '-'), value]];
    }),
  );
}

function toAction(resource: Resource, first: ListenerAction | undefined, targetGroups: ReadonlyMap<string, TargetGroup>): Action {
  if (first?.Type === 'redirect') {
    const { Protocol, Host, Port, Path, Query, StatusCode } = first.RedirectConfig;
    return { kind: 'redirect', status: Number(StatusCode.slice(5)), protocol: Protocol, host: Host, port: Port, path: Path, query: Query };
  }
  if (first?.Type === 'fixed-response') {
    const { StatusCode, ContentType, MessageBody } = first.FixedResponseConfig;
    return { kind: 'fixedResponse', status: Number(StatusCode), contentType: ContentType, body: MessageBody };
  }
  // A group of weight 0 is for the next version in an ECS deployment; a local run has only one version.
  const arns =
    first?.TargetGroupArn === undefined
      ? first?.ForwardConfig?.TargetGroups.filter(({ Weight }) => Weight > 0).map(({ TargetGroupArn }) => TargetGroupArn)
      : [first.TargetGroupArn];
  const targetGroup = targetGroups.get(arns?.[0] ?? '');
  if (targetGroup === undefined || arns?.length !== 1) {
    throw new UnsupportedTemplateError(`${resource.logicalId}: forwards to ${arns?.length ?? 0} target groups of this assembly, needs one`);
  }
  return { kind: 'forward', targetGroup };
}
