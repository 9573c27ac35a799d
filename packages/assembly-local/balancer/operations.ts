import * as v from 'valibot';
import { AwsError } from '../endpoint/aws-error.ts';
import { type Operations, operation } from '../endpoint/operation.ts';
import { LOOPBACK } from '../loopback.ts';
import type { TargetGroup, TargetState } from './target-group.ts';

const target = v.strictObject({ Id: v.string(), Port: v.pipe(v.string(), v.transform(Number)) });

/** The reason that AWS reports with the state. */
const REASONS: Readonly<Record<Exclude<TargetState, 'healthy'>, string>> = {
  initial: 'Elb.RegistrationInProgress',
  unhealthy: 'Target.FailedHealthChecks',
  draining: 'Target.DeregistrationInProgress',
};

/** The operations of Elastic Load Balancing v2, query protocol. */
export function balancerOperations(targetGroups: ReadonlyMap<string, TargetGroup>): Operations {
  return {
    DescribeTargetHealth: operation(
      v.strictObject({ TargetGroupArn: v.string(), Targets: v.optional(v.array(target)) }),
      ({ TargetGroupArn, Targets }) => {
        const group = targetGroups.get(TargetGroupArn);
        if (group === undefined) throw new AwsError('TargetGroupNotFound', `Target groups '${TargetGroupArn}' not found`);
        const wanted = Targets ?? group.targets.map(({ port }) => ({ Id: LOOPBACK, Port: port }));
        return { TargetHealthDescriptions: wanted.map((Target) => ({ Target, TargetHealth: healthOf(group, Target) })) };
      },
    ),
  };
}

function healthOf(group: TargetGroup, { Id, Port }: v.InferOutput<typeof target>): object {
  const found = Id === LOOPBACK ? group.targets.find(({ port }) => port === Port) : undefined;
  if (found === undefined) return { State: 'unused', Reason: 'Target.NotRegistered' };
  return found.state === 'healthy' ? { State: 'healthy' } : { State: found.state, Reason: REASONS[found.state] };
}
