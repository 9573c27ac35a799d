import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  TargetHealthReasonEnum,
  TargetHealthStateEnum,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { TargetHealth } from '../ports.ts';

export interface ElbTargetHealthOptions {
  readonly client: ElasticLoadBalancingV2Client;
  readonly targetGroupArn: string;
  /** How the target is registered: the address and the port of the task. */
  readonly target: { readonly address: string; readonly port: number };
}

/** Asks the target group of an Application Load Balancer for one target only. */
export function createElbTargetHealth({ client, targetGroupArn, target }: ElbTargetHealthOptions): TargetHealth {
  const command = new DescribeTargetHealthCommand({
    TargetGroupArn: targetGroupArn,
    Targets: [{ Id: target.address, Port: target.port }],
  });
  return {
    async state() {
      const { TargetHealthDescriptions: [description] = [] } = await client.send(command);
      const { State: state, Reason: reason } = description?.TargetHealth ?? {};
      if (state === TargetHealthStateEnum.DRAINING) return 'draining';
      // `unused` is also the state of a target whose group has no listener.
      const isUnknown = state === undefined || reason === TargetHealthReasonEnum.NOT_REGISTERED;
      return isUnknown ? 'unregistered' : 'registered';
    },
  };
}
