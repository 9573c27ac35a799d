import type { Log } from '../log.ts';
import type { Permission } from './permission.ts';

export interface LogDelivery {
  /** Takes the lines of one function or task. */
  readonly log: Log;
  /** Where they are delivered on AWS. */
  readonly region: string;
  readonly account: string;
  readonly logGroup: string;
  readonly logStream: string;
  /** Whether the role that delivers them is allowed to. */
  readonly allowed: (permission: Permission) => boolean;
}

/**
 * A log that a role delivers to CloudWatch Logs. If it may not, the lines are lost and nothing else happens,
 * as on AWS.
 */
export function deliveredLog({ log, region, account, logGroup, logStream, allowed }: LogDelivery): Log {
  const resource = `arn:aws:logs:${region}:${account}:log-group:${logGroup}:log-stream:${logStream}`;
  let delivers: boolean | undefined;
  const deliver = (write: Log['detail']): Log['detail'] => {
    return (source, line) => {
      delivers ??= ['logs:CreateLogStream', 'logs:PutLogEvents'].every((action) => allowed({ action, resource }));
      if (delivers) write(source, line);
    };
  };
  return { detail: deliver(log.detail), notice: deliver(log.notice) };
}
