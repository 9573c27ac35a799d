import type { Findings } from '../acknowledgements.ts';

/** Why findings at `sse-service.ts` stand. */
export const FINDINGS = {
  noSecretInEnvironment: [
    'The environment holds names, ARNs and limits, and no secret: the service authenticates with its task role.',
    'AwsSolutions-ECS2',
  ],
  ecrTokenHasNoResource: [
    'ecr:GetAuthorizationToken knows no resource. Pulling is allowed from the one repository of the image.',
    'AwsSolutions-IAM5[Resource::*]',
  ],
  noInsights: [
    'The stage leaves Container Insights out, at about 7 USD a month. The tasks report their streams and deliveries by themselves, and ECS the CPU and memory of the service.',
    'AwsSolutions-ECS4',
    'CT.ECS.PR.2',
  ],
  publicAddresses: [
    'The stage does without NAT gateways, so its tasks reach AWS by public addresses of their own. Their security group takes connections from the load balancer alone. A stage of production cannot: its configuration is refused.',
    'CT.ECS.PR.9',
  ],
} as const satisfies Findings;
