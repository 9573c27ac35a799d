import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Resource } from '../assembly/resolve.ts';
import { type Addresses, localizeOrigins } from '../assembly/rewrite.ts';
import type { Bucket } from '../buckets/bucket.ts';
import { declared, fromDeclared } from '../declared.ts';
import { textMatcher } from '../iam/wildcard.ts';
import type { Action, Behavior } from './listener.ts';

const behavior = v.object({ TargetOriginId: v.string(), ResponseHeadersPolicyId: v.optional(v.string()) });

const origin = v.object({
  Id: v.string(),
  DomainName: v.string(),
  VpcOriginConfig: v.optional(v.object({ OriginReadTimeout: v.optional(v.number(), 30) })),
});

const distributionProperties = v.object({
  DistributionConfig: v.object({
    Origins: v.array(origin),
    DefaultRootObject: v.optional(v.string(), ''),
    DefaultCacheBehavior: behavior,
    CacheBehaviors: v.optional(v.array(v.object({ ...behavior.entries, PathPattern: v.string() })), []),
  }),
});

const headersPolicyProperties = v.object({
  ResponseHeadersPolicyConfig: v.object({
    SecurityHeadersConfig: v.object({
      ContentSecurityPolicy: v.object({ ContentSecurityPolicy: v.string() }),
      ContentTypeOptions: v.object({ Override: v.boolean() }),
      FrameOptions: v.object({ FrameOption: v.string() }),
      ReferrerPolicy: v.object({ ReferrerPolicy: v.string() }),
      StrictTransportSecurity: v.object({ AccessControlMaxAgeSec: v.number() }),
    }),
  }),
});

type Origin = v.InferOutput<typeof origin>;

export interface LocalDistribution {
  /** The host name that CloudFront would assign. */
  readonly dnsName: string;
  readonly action: Action;
  readonly idleTimeoutMs: number;
}

/**
 * The distributions with load balancers or buckets behind them. Nothing is cached locally, and WebSocket
 * clients connect to the gateway itself.
 * @param loadBalancerAction what the load balancer with a host name does; undefined if there is none
 */
export function distributionsFromResources(
  resources: readonly Resource[],
  buckets: readonly Bucket[],
  addresses: Addresses,
  loadBalancerAction: (host: string) => Action | undefined,
): readonly LocalDistribution[] {
  const policies = new Map(
    declared(resources, 'AWS::CloudFront::ResponseHeadersPolicy', headersPolicyProperties).map(({ resource, properties }) => [
      resource.ref,
      securityHeaders(properties),
    ]),
  );
  return fromDeclared(
    resources,
    'AWS::CloudFront::Distribution',
    distributionProperties,
    ({ resource, properties }): readonly LocalDistribution[] => {
      const { Origins, DefaultRootObject, DefaultCacheBehavior, CacheBehaviors } = properties.DistributionConfig;
      const dnsName = resource.attributes['DomainName'] ?? '';
      const actionOf = ({ DomainName }: Origin): Action | undefined => {
        const bucket = buckets.find(({ host }) => host === DomainName);
        return bucket === undefined ? loadBalancerAction(DomainName) : { kind: 'files', bucket, rootObject: DefaultRootObject };
      };
      const behaviors = [...CacheBehaviors, { ...DefaultCacheBehavior, PathPattern: '*' }].flatMap((declaredBehavior): Behavior[] => {
        const found = Origins.find(({ Id }) => Id === declaredBehavior.TargetOriginId);
        if (found === undefined)
          throw new UnsupportedTemplateError(`${resource.logicalId}: there is no origin ${declaredBehavior.TargetOriginId}`);
        const action = actionOf(found);
        const policy = policies.get(declaredBehavior.ResponseHeadersPolicyId ?? '') ?? {};
        const headers = () => localizeOrigins(withOwnSockets(policy, dnsName), addresses);
        return action === undefined ? [] : [{ matches: textMatcher(declaredBehavior.PathPattern), headers, action }];
      });
      if (behaviors.length === 0) return [];
      const readTimeouts = Origins.map(({ VpcOriginConfig }) => VpcOriginConfig?.OriginReadTimeout ?? 30);
      return [{ dnsName, action: { kind: 'distribute', behaviors }, idleTimeoutMs: Math.max(...readTimeouts) * 1000 }];
    },
  ).flat();
}

/** Host names of the distributions in front of a host. */
export function distributionsBefore(resources: readonly Resource[], host: string): readonly string[] {
  return declared(resources, 'AWS::CloudFront::Distribution', distributionProperties)
    .filter(({ properties }) => properties.DistributionConfig.Origins.some(({ DomainName }) => DomainName === host))
    .map(({ resource }) => resource.attributes['DomainName'] ?? '');
}

/** On AWS, `'self'` also covers sockets; here they connect to the gateway itself, which has another port. */
function withOwnSockets(headers: Readonly<Record<string, string>>, dnsName: string): Readonly<Record<string, string>> {
  const policy = headers['content-security-policy'];
  if (policy === undefined) return headers;
  return { ...headers, 'content-security-policy': policy.replace("connect-src 'self'", `connect-src 'self' wss://${dnsName}`) };
}

function securityHeaders({ ResponseHeadersPolicyConfig }: v.InferOutput<typeof headersPolicyProperties>): Readonly<Record<string, string>> {
  const { ContentSecurityPolicy, FrameOptions, ReferrerPolicy, StrictTransportSecurity } =
    ResponseHeadersPolicyConfig.SecurityHeadersConfig;
  return {
    'content-security-policy': ContentSecurityPolicy.ContentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'x-frame-options': FrameOptions.FrameOption,
    'referrer-policy': ReferrerPolicy.ReferrerPolicy,
    'strict-transport-security': `max-age=${StrictTransportSecurity.AccessControlMaxAgeSec}`,
  };
}
