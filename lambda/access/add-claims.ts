import type { PreTokenGenerationV2TriggerEvent } from 'aws-lambda';
import { claimOfGroups, type LanesClaim } from './claim-of-groups.ts';

/** What Cognito accepts: claims of access tokens may be objects, which the type of the event does not know. */
interface Answer extends Omit<PreTokenGenerationV2TriggerEvent, 'response'> {
  readonly response: {
    readonly claimsAndScopeOverrideDetails: {
      readonly accessTokenGeneration: { readonly claimsToAddOrOverride: { readonly lanes: LanesClaim } };
    };
  };
}

/**
 * Cognito's pre token generation trigger, version 2: the claims in the response are added to the access
 * token.
 */
export async function handler(event: PreTokenGenerationV2TriggerEvent): Promise<Answer> {
  const { groupsToOverride = [] } = event.request.groupConfiguration;
  const claims = { lanes: claimOfGroups(groupsToOverride) };
  return { ...event, response: { claimsAndScopeOverrideDetails: { accessTokenGeneration: { claimsToAddOrOverride: claims } } } };
}
