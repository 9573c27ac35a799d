import type { Findings } from '../acknowledgements.ts';

/** Why findings at `websocket-api.ts` stand. */
export const FINDINGS = {
  authorizedOnConnect: [
    'API Gateway authorizes a WebSocket on $connect only, so no other route can have an authorizer. The function behind $connect checks the token itself and refuses the upgrade without one: an authorizer cannot read a token in the list of sub-protocols and have the connection noted with its rights in one invocation. Frames are checked against those rights.',
    'AwsSolutions-APIG4',
    'CT.APIGATEWAY.PR.5',
  ],
  invokedByRoutesOnly: [
    'Only API Gateway may invoke the functions of the routes, and only for its route of this API: SourceArn says so. The rule takes no ARN that is put together from references.',
    'CT.LAMBDA.PR.2',
  ],
} as const satisfies Findings;
