import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { requestHandler } from '../../../backbone/aws/request-handler.ts';

/**
 * For target health. No retries: it is asked for again soon, and retries would add to the calls that are
 * being throttled.
 */
export function createLoadBalancingClient(): ElasticLoadBalancingV2Client {
  return new ElasticLoadBalancingV2Client({ maxAttempts: 1, requestHandler: requestHandler(3_000, 2) });
}
