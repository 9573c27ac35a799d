import { ECSClient } from '@aws-sdk/client-ecs';
import { requestHandler } from '../../../backbone/aws/request-handler.ts';

/** For the sweep, which can wait: ECS throttles at low rates. */
export function createEcsClient(): ECSClient {
  return new ECSClient({ maxAttempts: 5, requestHandler: requestHandler(10_000, 8) });
}
