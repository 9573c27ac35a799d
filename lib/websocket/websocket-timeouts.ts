import { CLIENT_TIMES, DEAD_LETTER_RETENTION_SECONDS } from '../../backbone/contract.ts';
import { FAN_OUT_RESERVE_MS, QUEUE_RETENTION_SECONDS, WEBSOCKET_INTEGRATION_LIMIT_MS } from '../../lambda/websocket/contract.ts';
import type { StageBase } from '../stage-base.ts';
import { atMost, below, type Quantity, type TimeoutRule } from '../timeout-rule.ts';
import type { WebSocketSettings } from './websocket-settings.ts';

/** Values that no stage can change: limits of AWS, and times that code and infrastructure share. */
export const WEBSOCKET_TIMES = {
  client: CLIENT_TIMES as Readonly<Record<'rotateAfterMs' | 'pingIntervalMs', number>>,
  queueRetentionSeconds: { fanOut: QUEUE_RETENTION_SECONDS.fanOut as number, deadLetters: DEAD_LETTER_RETENTION_SECONDS as number },
  fanOutReserveMs: FAN_OUT_RESERVE_MS as number,
  integrationLimitMs: WEBSOCKET_INTEGRATION_LIMIT_MS as number,
  /**
   * Longest life of a WebSocket connection on API Gateway, and longest silence in both directions together;
   * neither can be raised (API Gateway quotas, 2026-11).
   */
  connectionMaxMs: 2 * 3_600_000,
  idleMs: 10 * 60_000,
};

/** AWS's advice for a queue that feeds a function: leaves room for retries of throttled invocations. */
const VISIBILITY_PER_FUNCTION_TIMEOUT = 6;

/** How the times of the WebSocket lane must agree. */
export function websocketRules(
  { backbone }: Pick<StageBase, 'backbone'>,
  websocket: WebSocketSettings,
  fixed = WEBSOCKET_TIMES,
): readonly TimeoutRule[] {
  const { fanOut } = websocket;
  const longestConnection = 'the longest WebSocket connection';
  const retries: Quantity = [
    'websocket.fanOut.visibilityTimeoutSeconds x maxReceiveCount',
    fanOut.visibilityTimeoutSeconds * fanOut.maxReceiveCount,
  ];
  return [
    below(
      ["the client's rotateAfterMs", fixed.client.rotateAfterMs],
      [longestConnection, fixed.connectionMaxMs],
      'ms',
      'the client must open a new connection before API Gateway closes the old one',
    ),
    below(
      ["the client's pingIntervalMs", fixed.client.pingIntervalMs],
      ["API Gateway's idle timeout", fixed.idleMs],
      'ms',
      'API Gateway closes a connection that is silent for this long',
    ),
    below(
      ['websocket.sweep.functionTimeoutSeconds', websocket.sweep.functionTimeoutSeconds],
      ['websocket.sweep.intervalMinutes', websocket.sweep.intervalMinutes * 60],
      's',
      'two concurrent sweeps would examine the same connections',
    ),
    below(
      [longestConnection, fixed.connectionMaxMs / 1_000],
      ['websocket.connectionTtlMinutes', websocket.connectionTtlMinutes * 60],
      's',
      'the rows of an open connection must not expire',
    ),
    atMost(
      ['websocket.routeFunctionTimeoutSeconds', websocket.routeFunctionTimeoutSeconds * 1_000],
      ['the longest WebSocket integration', fixed.integrationLimitMs],
      'ms',
      'API Gateway stops waiting then, so a function that continues works for nobody',
    ),
    below(
      ['backbone.publishTimeoutMs', backbone.publishTimeoutMs],
      ['websocket.routeFunctionTimeoutSeconds', websocket.routeFunctionTimeoutSeconds * 1_000],
      'ms',
      'a frame that publishes must be answered before its function is stopped',
    ),
    atMost(
      ['websocket.requestsPerSecond', websocket.requestsPerSecond],
      ['websocket.maxThroughput.writeUnits', websocket.maxThroughput.writeUnits],
      'per second',
      'every connect and every subscription writes a row: the API would accept requests that the tables refuse',
    ),
    below(
      ['what a fan-out invocation keeps in reserve', fixed.fanOutReserveMs],
      ['websocket.fanOut.functionTimeoutSeconds', fanOut.functionTimeoutSeconds * 1_000],
      'ms',
      'an invocation that is all reserve never posts',
    ),
    atMost(
      [
        `websocket.fanOut.functionTimeoutSeconds x ${VISIBILITY_PER_FUNCTION_TIMEOUT}`,
        fanOut.functionTimeoutSeconds * VISIBILITY_PER_FUNCTION_TIMEOUT,
      ],
      ['websocket.fanOut.visibilityTimeoutSeconds', fanOut.visibilityTimeoutSeconds],
      's',
      'a message that becomes visible while its invocation still works on it is delivered twice',
    ),
    below(
      retries,
      ["retention of the fan-out's queues", fixed.queueRetentionSeconds.fanOut],
      's',
      'SQS would drop a failing message before it reaches the dead-letter queue, and nobody would notice',
    ),
    below(
      ["retention of the fan-out's queues", fixed.queueRetentionSeconds.fanOut],
      ['retention of dead-letter queues', fixed.queueRetentionSeconds.deadLetters],
      's',
      'a message keeps its age in the dead-letter queue, and must stay there long enough for a person to see it',
    ),
    below(
      retries,
      ['backbone.retentionHours', backbone.retentionHours * 3_600],
      's',
      'an event that is delivered late must still be in the log: otherwise a client that asks for its neighbors is reset',
    ),
  ];
}
