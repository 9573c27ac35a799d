import type { Alarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Alarm as CloudWatchAlarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';
import { FINDINGS } from './alarm.findings.ts';

export interface AlarmProps {
  readonly metric: IMetric;
  /** What it means when the alarm fires, in one sentence. */
  readonly meaning: string;
  /**
   * The page and heading that say how to investigate and what to do, such as
   * `docs/operations.md#lambda-errors`.
   */
  readonly runbook: string;
  /** The alarm fires above this value. @default 0 - for what should never happen */
  readonly threshold?: number;
  /** How many periods in a row must be above the threshold. @default 1 */
  readonly periods?: number;
}

/**
 * An alarm whose description says what it means and where its runbook is. Without data it does not fire,
 * because then nothing happens.
 */
export function alarmAbove(scope: Construct, id: string, { metric, meaning, runbook, threshold = 0, periods = 1 }: AlarmProps): Alarm {
  const alarm = new CloudWatchAlarm(scope, id, {
    metric,
    alarmDescription: `${meaning} Runbook: ${runbook}`,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold,
    evaluationPeriods: periods,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  acknowledge(alarm, ...FINDINGS.noAction);
  return alarm;
}
