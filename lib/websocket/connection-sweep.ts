import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { sweepSettings } from '../../lambda/websocket/settings.ts';
import { DeadLetterQueue } from '../dead-letter-queue.ts';
import { LaneFunction } from '../lane-function.ts';
import type { ConnectionTables } from './connection-tables.ts';
import type { WebSocketApi } from './websocket-api.ts';
import type { WebSocketSettings } from './websocket-settings.ts';

export interface ConnectionSweepProps {
  readonly settings: Readonly<WebSocketSettings['sweep']>;
  readonly tables: ConnectionTables;
  readonly api: WebSocketApi;
  readonly logRetention: RetentionDays;
}

/**
 * Removes the rows that a lost `$disconnect` has left, if no event finds them and before they expire.
 * Examines a part of the connections at a time, so that the cost of a run does not grow with them.
 */
export class ConnectionSweep extends Construct {
  readonly handler: LaneFunction;
  readonly rule: Rule;
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, { settings, tables, api, logRetention }: ConnectionSweepProps) {
    super(scope, id);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning:
        'The sweep of WebSocket connections failed: the function log has the reason. Rows that it would have removed expire by themselves.',
    });
    this.handler = new LaneFunction(this, 'Handler', {
      entry: 'lambda/websocket/sweep-connections.ts',
      description: 'Removes rows of closed WebSocket connections whose $disconnect was lost',
      logRetention,
      timeout: Duration.seconds(settings.functionTimeoutSeconds),
    });
    this.handler.settings.add(sweepSettings, settings);
    tables.allowSweep(this.handler);
    tables.allowClose(this.handler);
    api.allowInspect(this.handler);
    this.rule = new Rule(this, 'Rule', {
      description: 'Looks for closed WebSocket connections whose $disconnect was lost',
      schedule: Schedule.rate(Duration.minutes(settings.intervalMinutes)),
      targets: [this.handler.eventTarget(this.deadLetters)],
    });
  }
}
