import type { Stage } from '../config.ts';
import type { FixedTimes, TimeoutRule } from '../timeout-rule.ts';

/** AWS's advice for a queue that feeds a function: room for retries of throttled invocations. */
const VISIBILITY_PER_FUNCTION_TIMEOUT = 6;

/** Rules of the WebSocket lane. */
export function websocketRules({ backbone, websocket }: Stage, fixed: FixedTimes): readonly TimeoutRule[] {
  const { fanOut } = websocket;
  const longestConnection = { name: 'the longest WebSocket connection', value: fixed.websocketConnectionMaxMs / 1_000 };
  const retries = {
    name: 'websocket.fanOut.visibilityTimeoutSeconds x maxReceiveCount',
    value: fanOut.visibilityTimeoutSeconds * fanOut.maxReceiveCount,
  };
  return [
    {
      left: { name: "the client's rotateAfterMs", value: fixed.client.rotateAfterMs },
      relation: '<',
      right: { name: longestConnection.name, value: fixed.websocketConnectionMaxMs },
      unit: 'ms',
      reason: 'the client must replace its connection, new one first, before API Gateway closes it',
    },
    {
      left: { name: "the client's pingIntervalMs", value: fixed.client.pingIntervalMs },
      relation: '<',
      right: { name: "API Gateway's idle timeout", value: fixed.websocketIdleMs },
      unit: 'ms',
      reason: 'API Gateway closes a connection on which nothing was said for so long',
    },
    {
      left: { name: 'websocket.sweep.functionTimeoutSeconds', value: websocket.sweep.functionTimeoutSeconds },
      relation: '<',
      right: { name: 'websocket.sweep.intervalMinutes', value: websocket.sweep.intervalMinutes * 60 },
      unit: 's',
      reason: 'two sweeps side by side would look at the same connections',
    },
    {
      left: longestConnection,
      relation: '<',
      right: { name: 'websocket.connectionTtlMinutes', value: websocket.connectionTtlMinutes * 60 },
      unit: 's',
      reason: 'the rows of a connection that still lives must not expire',
    },
    {
      left: { name: 'websocket.routeFunctionTimeoutSeconds', value: websocket.routeFunctionTimeoutSeconds * 1_000 },
      relation: '<=',
      right: { name: 'the longest WebSocket integration', value: fixed.websocketIntegrationLimitMs },
      unit: 'ms',
      reason: 'API Gateway stops waiting then, and a function that goes on works for nobody',
    },
    {
      left: { name: 'backbone.publishTimeoutMs', value: backbone.publishTimeoutMs },
      relation: '<',
      right: { name: 'websocket.routeFunctionTimeoutSeconds', value: websocket.routeFunctionTimeoutSeconds * 1_000 },
      unit: 'ms',
      reason: 'a frame that publishes must end with an answer, and not with a function that is stopped',
    },
    {
      left: { name: 'websocket.requestsPerSecond', value: websocket.requestsPerSecond },
      relation: '<=',
      right: { name: 'websocket.maxThroughput.writeUnits', value: websocket.maxThroughput.writeUnits },
      unit: 'per second',
      reason: 'a connect writes a row, as does a subscription: the API would let in what the tables refuse',
    },
    {
      left: { name: 'what a fan-out invocation keeps in reserve', value: fixed.fanOutReserveMs },
      relation: '<',
      right: { name: 'websocket.fanOut.functionTimeoutSeconds', value: fanOut.functionTimeoutSeconds * 1_000 },
      unit: 'ms',
      reason: 'an invocation that is all reserve never posts',
    },
    {
      left: {
        name: `websocket.fanOut.functionTimeoutSeconds x ${VISIBILITY_PER_FUNCTION_TIMEOUT}`,
        value: fanOut.functionTimeoutSeconds * VISIBILITY_PER_FUNCTION_TIMEOUT,
      },
      relation: '<=',
      right: { name: 'websocket.fanOut.visibilityTimeoutSeconds', value: fanOut.visibilityTimeoutSeconds },
      unit: 's',
      reason: 'a message that shows again while its invocation still works on it is delivered twice',
    },
    {
      left: { name: 'websocket.fanOut.maxConcurrency x 2 queues', value: fanOut.maxConcurrency * 2 },
      relation: '<=',
      // Without a reservation there is no such limit.
      right: { name: 'websocket.fanOut.reservedConcurrency', value: fanOut.reservedConcurrency ?? Number.POSITIVE_INFINITY },
      unit: 'invocations',
      reason:
        'what both queues start beyond the reservation is throttled, and a throttled message comes back later and nearer to the dead letters',
    },
    {
      left: retries,
      relation: '<',
      right: { name: "retention of the fan-out's queues", value: fixed.queueRetentionSeconds.fanOut },
      unit: 's',
      reason: 'SQS would drop a message that fails before it has been put aside, and nobody would know',
    },
    {
      left: { name: "retention of the fan-out's queues", value: fixed.queueRetentionSeconds.fanOut },
      relation: '<',
      right: { name: 'retention of dead-letter queues', value: fixed.queueRetentionSeconds.deadLetters },
      unit: 's',
      reason: 'a message keeps its age when it is put aside, and must still be there for a person to see',
    },
    {
      left: retries,
      relation: '<',
      right: { name: 'backbone.retentionHours', value: backbone.retentionHours * 3_600 },
      unit: 's',
      reason: 'an event that is delivered late must still be in the log, or a client that asks for its neighbours is reset',
    },
  ];
}
