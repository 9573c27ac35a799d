import type { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';

/**
 * Raises an alarm as soon as a metric is above 0, for what should never happen.
 *
 * @param meaning what it means when it does, and where to look, in one sentence: the alarm's description
 */
export function alarmAboveZero(scope: Construct, id: string, metric: Metric, meaning: string): Alarm {
  const alarm = metric.createAlarm(scope, id, {
    alarmDescription: meaning,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 0,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  acknowledge(
    alarm,
    'CloudWatch puts every change of an alarm on the default event bus of the account, where the rules of whoever is on call pick it up. This template does not know who that is; docs/threat-model.md lists it under what is left to the deployer.',
    'NIST.800.53.R5-CloudWatchAlarmAction',
    'CT.CLOUDWATCH.PR.1',
  );
  return alarm;
}
