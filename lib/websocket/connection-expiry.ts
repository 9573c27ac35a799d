import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DeadLetterQueue } from '../dead-letter-queue.ts';
import { LaneFunction } from '../lane-function.ts';
import type { ConnectionTables } from './connection-tables.ts';
import type { WebSocketApi } from './websocket-api.ts';

export interface ConnectionExpiryProps {
  readonly tables: ConnectionTables;
  readonly api: WebSocketApi;
  readonly logRetention: RetentionDays;
}

/**
 * No connection outlives its token by more than this plus the duration of a run. EventBridge has no shorter
 * rate.
 */
const INTERVAL = Duration.minutes(1);

/** Below the interval, so that two runs never end the same connections. */
const FUNCTION_TIMEOUT = Duration.seconds(50);

/**
 * Closes connections whose token has expired. It reads an index by minutes, so its cost depends on what
 * expires and not on what is open.
 */
export class ConnectionExpiry extends Construct {
  readonly handler: LaneFunction;
  readonly rule: Rule;
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: ConnectionExpiryProps) {
    super(scope, id);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning:
        'WebSocket connections of expired tokens could not be closed: the function log has the reason. Nothing is delivered to them, and the next run tries again.',
    });
    this.handler = new LaneFunction(this, 'Handler', {
      entry: 'lambda/websocket/expire-connections.ts',
      description: 'Closes WebSocket connections whose token has expired',
      logRetention: props.logRetention,
      timeout: FUNCTION_TIMEOUT,
    });
    props.tables.allowExpire(this.handler);
    props.tables.allowClose(this.handler);
    props.api.allowPost(this.handler);
    props.api.allowEnd(this.handler);
    this.rule = new Rule(this, 'Rule', {
      description: 'Looks for WebSocket connections whose token has expired',
      schedule: Schedule.rate(INTERVAL),
      targets: [this.handler.eventTarget(this.deadLetters)],
    });
  }
}
