import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { requestHandler } from '../../../backbone/aws/request-handler.ts';

/** For target health, which is asked for again soon anyway: without retries, which would only add to a throttled rate. */
export function createLoadBalancingClient(): ElasticLoadBalancingV2Client {
  return new ElasticLoadBalancingV2Client({ maxAttempts: 1, requestHandler: requestHandler(3_000, 2) });
}
