import type { Account } from '../account.ts';
import { hasType, type PlannedStack } from '../assembly.ts';
import { type Check, ok, warning } from '../finding.ts';

/** Roles that AWS makes when a service is first used, by the resource whose deploy uses it. */
const SERVICE_ROLES: Readonly<Record<string, { readonly role: string; readonly service: string }>> = {
  'AWS::ECS::Service': { role: 'AWSServiceRoleForECS', service: 'ecs.amazonaws.com' },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': {
    role: 'AWSServiceRoleForElasticLoadBalancing',
    service: 'elasticloadbalancing.amazonaws.com',
  },
  'AWS::ApplicationAutoScaling::ScalableTarget': {
    role: 'AWSServiceRoleForApplicationAutoScaling_ECSService',
    service: 'ecs.application-autoscaling.amazonaws.com',
  },
  'AWS::CloudFront::VpcOrigin': { role: 'AWSServiceRoleForCloudFrontVPCOrigin', service: 'vpcorigin.cloudfront.amazonaws.com' },
};

/** Whether the service-linked roles exist. One that is made by the deploy itself may come too late for it. */
export function serviceRoleChecks(stacks: readonly PlannedStack[], account: Account): readonly Check[] {
  return Object.entries(SERVICE_ROLES)
    .filter(([type]) => hasType(stacks, type))
    .map(([, { role, service }]) => ({
      about: `service-linked role ${role}`,
      async run() {
        if (await account.hasRole(role)) return [ok(`service-linked role ${role}: exists`)];
        return [
          warning(
            `service-linked role ${role}: does not exist. AWS makes it during the deploy, which may fail the first time and succeed the second`,
            `aws iam create-service-linked-role --aws-service-name ${service}`,
          ),
        ];
      },
    }));
}
