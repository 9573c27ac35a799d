import {
  DescribeTargetHealthCommand,
  type DescribeTargetHealthCommandOutput,
  type ElasticLoadBalancingV2Client,
  TargetHealthReasonEnum,
  TargetHealthStateEnum,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { TargetHealth, TargetState } from '../ports.ts';

export interface ElbTargetHealthOptions {
  readonly client: ElasticLoadBalancingV2Client;
  /**
   * The groups in which the target may be registered. ECS registers it in one of them; if there are two,
   * which one it is changes with each deployment.
   */
  readonly targetGroupArns: readonly string[];
  /** How the target is registered: by the task's address and port. */
  readonly target: { readonly address: string; readonly port: number };
}

/**
 * The state that counts if the groups report different ones: requests arrive as long as one group has the
 * target.
 */
const BY_WEIGHT: readonly TargetState[] = ['registered', 'draining'];

/** Asks the target groups of an Application Load Balancer about one target. */
export function createElbTargetHealth({ client, targetGroupArns, target }: ElbTargetHealthOptions): TargetHealth {
  const commands = targetGroupArns.map(
    (TargetGroupArn) => new DescribeTargetHealthCommand({ TargetGroupArn, Targets: [{ Id: target.address, Port: target.port }] }),
  );
  return {
    async state() {
      const states = await Promise.all(commands.map(async (command) => stateIn(await client.send(command))));
      return BY_WEIGHT.find((state) => states.includes(state)) ?? 'unregistered';
    },
  };
}

function stateIn({ TargetHealthDescriptions: [description] = [] }: DescribeTargetHealthCommandOutput): TargetState {
  const { State: state, Reason: reason } = description?.TargetHealth ?? {};
  if (state === TargetHealthStateEnum.DRAINING) return 'draining';
  // The state `unused` alone does not tell: a target whose group has no listener has it too.
  const isUnknown = state === undefined || reason === TargetHealthReasonEnum.NOT_REGISTERED;
  return isUnknown ? 'unregistered' : 'registered';
}
