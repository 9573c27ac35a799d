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

export interface ConnectionSweepProps extends Readonly<WebSocketSettings['sweep']> {
  readonly tables: ConnectionTables;
  readonly api: WebSocketApi;
  readonly logRetention: RetentionDays;
}

/**
 * Removes what a lost `$disconnect` has left, where no event meets it and before it expires: a part of the connections
 * at a time, so that its cost does not grow with them.
 */
export class ConnectionSweep extends Construct {
  readonly handler: LaneFunction;
  readonly rule: Rule;
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: ConnectionSweepProps) {
    super(scope, id);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning:
        'The sweep of WebSocket connections could not do its work: the function log holds the reason. Rows it would have removed expire by themselves.',
    });
    this.handler = new LaneFunction(this, 'Handler', {
      entry: 'lambda/websocket/sweep-connections.ts',
      description: 'Removes rows of WebSocket connections that are closed although nobody said so',
      logRetention: props.logRetention,
      timeout: Duration.seconds(props.functionTimeoutSeconds),
    });
    this.handler.settings.add(sweepSettings, props);
    props.tables.allowSweep(this.handler);
    props.tables.allowClose(this.handler);
    props.api.allowInspect(this.handler);
    this.rule = new Rule(this, 'Rule', {
      description: 'Looks for WebSocket connections that are closed although nobody said so',
      schedule: Schedule.rate(Duration.minutes(props.intervalMinutes)),
      targets: [this.handler.eventTarget(this.deadLetters)],
    });
  }
}
