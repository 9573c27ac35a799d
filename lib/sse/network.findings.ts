import type { Findings } from '../acknowledgements.ts';

/** Why findings at `network.ts` stand. */
export const FINDINGS = {
  defaultGroupUnused: [
    'Nothing is in the default security group, and it takes connections from its own members only. Emptying it takes a custom resource whose role may change security groups: more to attack than it removes.',
    'NIST.800.53.R5-VPCDefaultSecurityGroupClosed',
  ],
  publicSubnets: [
    'The public subnets hold the load balancer, which clients reach from the internet, and the NAT gateways. Tasks are in private subnets and have no route from the internet.',
    'NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW',
  ],
  publicTasks: [
    'The stage does without NAT gateways, so its tasks reach AWS by public addresses of their own. Their security group takes connections from the load balancer alone. A stage of production cannot: its configuration is refused.',
    'NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW',
  ],
} as const satisfies Findings;
