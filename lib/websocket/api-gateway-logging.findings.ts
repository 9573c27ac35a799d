import type { Findings } from '../acknowledgements.ts';

/** Why findings at `api-gateway-logging.ts` stand. */
export const FINDINGS = {
  managedPolicyOfApiGateway: [
    'API Gateway checks the role against this policy when it is set for the account, and the role serves every API of the account and region, not ours alone. Only the API Gateway service can assume it.',
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
  ],
} as const satisfies Findings;
