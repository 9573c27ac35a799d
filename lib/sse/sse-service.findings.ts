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
} as const satisfies Findings;
