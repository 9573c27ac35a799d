import { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IVersion, Function as LambdaRuntimeFunction } from 'aws-cdk-lib/aws-lambda';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';
import { alarmAbove } from '../observability/alarm.ts';
import { FINDINGS } from './fan-out-rollout.findings.ts';
import type { WebSocketSettings } from './websocket-settings.ts';

const ALIAS_NAME = 'live';

export interface FanOutRolloutProps {
  readonly function: LambdaRuntimeFunction;
  /** How invocations move from the previous version to a new one. */
  readonly rollout: WebSocketSettings['fanOut']['rollout'];
  /** Alarms that fire when deliveries fall behind, whatever the function itself reports. */
  readonly lateAlarms: readonly Alarm[];
}

/**
 * The alias that the queues invoke. It moves to a new version at once, or by a CodeDeploy deployment, which
 * CloudFormation waits for and which rolls back when an alarm fires.
 *
 * A version is deleted when the next one has taken over; until then CloudFormation keeps it for a rollback.
 * To run an older version, deploy its commit.
 */
export class FanOutRollout extends Construct {
  readonly alias: Alias;

  constructor(scope: Construct, id: string, props: FanOutRolloutProps) {
    super(scope, id);
    // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
    this.alias = new Alias(this, 'Alias', { aliasName: ALIAS_NAME, version: props.function.currentVersion as IVersion });
    if (props.rollout !== 'AllAtOnce') this.shiftGradually(props);
  }

  private shiftGradually({ function: fn, rollout, lateAlarms }: FanOutRolloutProps): void {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('codedeploy.amazonaws.com') });
    // AWS's policy for this, AWSCodeDeployRoleForLambdaLimited, would allow moving every alias of the
    // account.
    const shifting = Grant.addToPrincipal({
      grantee: role,
      actions: ['lambda:GetAlias', 'lambda:UpdateAlias', 'lambda:GetProvisionedConcurrencyConfig'],
      // Not the alias's own ARN: the alias depends on the deployment group, which waits for this policy.
      resourceArns: [fn.functionArn, `${fn.functionArn}:${ALIAS_NAME}`],
    });
    const watching = Grant.addToPrincipal({ grantee: role, actions: ['cloudwatch:DescribeAlarms'], resourceArns: ['*'] });
    acknowledge(role, ...FINDINGS.alarmsHaveNoResource);
    const errors = alarmAbove(this, 'ErrorsAlarm', {
      metric: this.alias.metricErrors({ period: Duration.minutes(1) }),
      meaning: 'The fan-out fails. A rollout that is under way goes back.',
      runbook: 'docs/operations.md#lambda-errors',
    });
    const group = new LambdaDeploymentGroup(this, 'Deployments', {
      alias: this.alias,
      deploymentConfig: LambdaDeploymentConfig.fromLambdaDeploymentConfigName(this, 'Shift', `CodeDeployDefault.Lambda${rollout}`),
      // Otherwise the CDK would add AWS's policy to it.
      role: role.withoutPolicyUpdates(),
      alarms: [errors, ...lateAlarms],
    });
    shifting.combine(watching).applyBefore(group);
  }
}
