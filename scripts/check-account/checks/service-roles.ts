import type { Account } from '../account.ts';
import { hasType, type PlannedStack } from '../assembly.ts';
import { type Check, ok, warning } from '../finding.ts';

/** Services with a role that AWS makes at their first use, by the resource whose deploy uses them. */
const SERVICES: Readonly<Record<string, string>> = {
  'AWS::ECS::Service': 'ecs.amazonaws.com',
  'AWS::ElasticLoadBalancingV2::LoadBalancer': 'elasticloadbalancing.amazonaws.com',
  'AWS::ApplicationAutoScaling::ScalableTarget': 'ecs.application-autoscaling.amazonaws.com',
  'AWS::CloudFront::VpcOrigin': 'vpcorigin.cloudfront.amazonaws.com',
};

/** Whether the service-linked roles exist. One that is made by the deploy itself may come too late for it. */
export function serviceRoleChecks(stacks: readonly PlannedStack[], account: Account): readonly Check[] {
  return Object.entries(SERVICES)
    .filter(([type]) => hasType(stacks, type))
    .map(([, service]) => ({
      about: `service-linked role of ${service}`,
      async run() {
        if (await account.hasServiceRole(service)) return [ok(`service-linked role of ${service}: exists`)];
        return [
          warning(
            `service-linked role of ${service}: does not exist. AWS makes it during the deploy, which may fail the first time and succeed the second`,
            `aws iam create-service-linked-role --aws-service-name ${service}`,
          ),
        ];
      },
    }));
}
