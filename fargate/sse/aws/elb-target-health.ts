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
  /** Where the target may be registered. ECS has it in one of them; which one changes from version to version where there are two. */
  readonly targetGroupArns: readonly string[];
  /** How the target is registered: the address and the port of the task. */
  readonly target: { readonly address: string; readonly port: number };
}

/** Of what several groups say, the state that counts: requests come for as long as one of them has the target. */
const BY_WEIGHT: readonly TargetState[] = ['registered', 'draining'];

/** Asks the target groups of an Application Load Balancer for one target only. */
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
  // `unused` is also the state of a target whose group has no listener.
  const isUnknown = state === undefined || reason === TargetHealthReasonEnum.NOT_REGISTERED;
  return isUnknown ? 'unregistered' : 'registered';
}
