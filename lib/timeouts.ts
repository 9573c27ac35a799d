import {
  APPEND_LIMIT_MS,
  CLIENT_TIMES,
  FAN_OUT_RESERVE_MS,
  LONGEST_POLL_SECONDS,
  QUEUE_RETENTION_SECONDS,
  STOP_MARGIN_MS,
  WEBSOCKET_INTEGRATION_LIMIT_MS,
} from '../backbone/contract.ts';
import type { Stage } from './config.ts';

/** What no stage can change: AWS's limits, and the times that code and infrastructure share. */
export interface FixedTimes {
  readonly appendLimitMs: number;
  readonly longestPollSeconds: number;
  readonly stopMarginMs: number;
  readonly fanOutReserveMs: number;
  readonly queueRetentionSeconds: Readonly<Record<keyof typeof QUEUE_RETENTION_SECONDS, number>>;
  readonly client: Readonly<Record<keyof typeof CLIENT_TIMES, number>>;
  readonly websocketIntegrationLimitMs: number;
  /** Longest life of a WebSocket connection on API Gateway. */
  readonly websocketConnectionMaxMs: number;
  /** Longest silence on one, in both directions together. */
  readonly websocketIdleMs: number;
}

export const FIXED_TIMES: FixedTimes = {
  appendLimitMs: APPEND_LIMIT_MS,
  longestPollSeconds: LONGEST_POLL_SECONDS,
  stopMarginMs: STOP_MARGIN_MS,
  fanOutReserveMs: FAN_OUT_RESERVE_MS,
  queueRetentionSeconds: QUEUE_RETENTION_SECONDS,
  client: CLIENT_TIMES,
  websocketIntegrationLimitMs: WEBSOCKET_INTEGRATION_LIMIT_MS,
  // Neither can be raised (FACTS section 1, 2026-11).
  websocketConnectionMaxMs: 2 * 3_600_000,
  websocketIdleMs: 10 * 60_000,
};

// lane: websocket
/** AWS's advice for a queue that feeds a function: room for retries of throttled invocations. */
const VISIBILITY_PER_FUNCTION_TIMEOUT = 6;
// end lane

// lane: sse
/** Files that a task opens besides the sockets of its streams. */
const FILES_BESIDES_STREAMS = 1_024;
// end lane

type Relation = '<' | '<=';

interface Quantity {
  readonly name: string;
  readonly value: number;
}

/** Two numbers of a stage that something outside of it relates. */
export interface TimeoutRule {
  readonly left: Quantity;
  readonly relation: Relation;
  readonly right: Quantity;
  readonly unit: string;
  readonly reason: string;
}

/** Timeouts of a stage contradict each other. The message names both numbers of each contradiction and why it matters. */
export class TimeoutConflictError extends Error {
  override readonly name = 'TimeoutConflictError';
}

/** Every rule, with the numbers of a stage in it. */
export function timeoutRules(stage: Stage, fixed: FixedTimes = FIXED_TIMES): readonly TimeoutRule[] {
  return [
    ...backboneRules(stage, fixed),
    // lane: sse
    ...sseRules(stage, fixed),
    ...edgeRules(stage, fixed),
    // end lane
    // lane: websocket
    ...websocketRules(stage, fixed),
    // end lane
  ];
}

function backboneRules({ backbone }: Stage, fixed: FixedTimes): readonly TimeoutRule[] {
  return [
    {
      left: {
        name: `backbone.publishTimeoutMs + ${fixed.appendLimitMs}`,
        value: backbone.publishTimeoutMs + fixed.appendLimitMs,
      },
      relation: '<',
      right: { name: 'backbone.holeGraceMs', value: backbone.holeGraceMs },
      unit: 'ms',
      reason: 'a consumer buries a hole after the grace period, and relies on the last write of its publisher having settled before',
    },
    {
      left: { name: 'backbone.publishTimeoutMs', value: backbone.publishTimeoutMs },
      relation: '<',
      right: { name: 'backbone.publishFunctionTimeoutSeconds', value: backbone.publishFunctionTimeoutSeconds * 1_000 },
      unit: 'ms',
      reason: 'a function that is stopped before the publisher gives up leaves a hole and no error that explains it',
    },
    {
      left: { name: 'backbone.holeGraceMs', value: backbone.holeGraceMs },
      relation: '<',
      right: { name: 'backbone.retentionHours', value: backbone.retentionHours * 3_600_000 },
      unit: 'ms',
      reason: 'a hole must be buried while its neighbours can still be replayed',
    },
  ];
}

// lane: sse
function sseRules({ backbone, sse }: Stage, fixed: FixedTimes): readonly TimeoutRule[] {
  return [
    {
      left: { name: 'sse.heartbeatIntervalMs', value: sse.heartbeatIntervalMs },
      relation: '<',
      right: { name: 'sse.idleTimeoutSeconds / 3', value: (sse.idleTimeoutSeconds * 1_000) / 3 },
      unit: 'ms',
      reason: 'the load balancer cuts a stream that is silent for the idle timeout, and one late heartbeat must not do that',
    },
    {
      left: { name: 'sse.heartbeatIntervalMs', value: sse.heartbeatIntervalMs },
      relation: '<=',
      right: { name: "the client's silenceTimeoutMs / 3", value: fixed.client.silenceTimeoutMs / 3 },
      unit: 'ms',
      reason: 'our client gives up a stream that is silent for so long, and would reconnect for ever where nothing is wrong',
    },
    {
      left: { name: 'the longest poll', value: fixed.longestPollSeconds },
      relation: '<',
      right: { name: 'sse.idleTimeoutSeconds', value: sse.idleTimeoutSeconds },
      unit: 's',
      reason: 'a poll is silent while it waits, and the load balancer would answer 504 in its place',
    },
    {
      left: { name: 'sse.idleTimeoutSeconds', value: sse.idleTimeoutSeconds },
      relation: '<',
      right: { name: 'sse.keepAliveSeconds', value: sse.keepAliveSeconds },
      unit: 's',
      reason:
        'the load balancer must be the one to close an idle connection: it answers 502 where a task closes one that it is about to use',
    },
    {
      left: {
        name: 'sse.targetHealthIntervalSeconds + sse.drainSeconds',
        value: sse.targetHealthIntervalSeconds + sse.drainSeconds,
      },
      relation: '<=',
      right: { name: 'sse.deregistrationDelaySeconds', value: sse.deregistrationDelaySeconds },
      unit: 's',
      reason:
        'a task learns late by that interval that it is to drain, and when the delay ends the load balancer cuts the streams that are left at once',
    },
    {
      left: { name: `sse.drainSeconds x 1000 + ${fixed.stopMarginMs}`, value: sse.drainSeconds * 1_000 + fixed.stopMarginMs },
      relation: '<',
      right: { name: 'sse.stopTimeoutSeconds', value: sse.stopTimeoutSeconds * 1_000 },
      unit: 'ms',
      reason: 'a task is killed at the stop timeout, and needs time after its drain to remove its queue',
    },
    {
      left: { name: 'sse.retryMinMs', value: sse.retryMinMs },
      relation: '<',
      right: { name: 'sse.retryMaxMs', value: sse.retryMaxMs },
      unit: 'ms',
      reason: 'clients of a lost task come back spread over this range',
    },
    {
      left: { name: `sse.task.maxStreams + ${FILES_BESIDES_STREAMS}`, value: sse.task.maxStreams + FILES_BESIDES_STREAMS },
      relation: '<=',
      right: { name: 'sse.task.openFiles', value: sse.task.openFiles },
      unit: 'files',
      reason: 'every stream is a socket, and the task needs some for its own calls',
    },
    {
      left: { name: 'sse.task.maxStreamsPerPrincipal', value: sse.task.maxStreamsPerPrincipal },
      relation: '<',
      right: { name: 'sse.task.maxStreams', value: sse.task.maxStreams },
      unit: 'streams',
      reason: 'one principal could fill a task, and the limit would protect nobody',
    },
    {
      left: { name: 'sse.scaling.targetStreamsPerTask', value: sse.scaling.targetStreamsPerTask },
      relation: '<',
      right: { name: 'sse.task.maxStreams', value: sse.task.maxStreams },
      unit: 'streams',
      reason: 'tasks that are full refuse streams before the average can pass the target, and none would be added',
    },
    {
      left: {
        name: 'sse.scaling.minTasks',
        value: Math.max(sse.scaling.minTasks, ...sse.scaling.schedule.map(({ minTasks }) => minTasks)),
      },
      relation: '<=',
      right: { name: 'sse.scaling.maxTasks', value: sse.scaling.maxTasks },
      unit: 'tasks',
      reason: 'Application Auto Scaling takes no minimum above the maximum, a scheduled one neither',
    },
    {
      left: { name: 'sse.cleanerTimeoutSeconds', value: sse.cleanerTimeoutSeconds },
      relation: '<',
      right: { name: 'sse.sweepIntervalMinutes', value: sse.sweepIntervalMinutes * 60 },
      unit: 's',
      reason: 'a sweep must end before the next one starts',
    },
    {
      left: { name: 'sse.headCheckIntervalMs', value: sse.headCheckIntervalMs },
      relation: '<',
      right: { name: "retention of a task's queue", value: fixed.queueRetentionSeconds.task * 1_000 },
      unit: 'ms',
      reason: 'what the queue of a task forgets is found only by comparing heads, and must not have been missing for longer than that',
    },
    {
      left: { name: "retention of a task's queue", value: fixed.queueRetentionSeconds.task },
      relation: '<',
      right: { name: 'backbone.retentionHours', value: backbone.retentionHours * 3_600 },
      unit: 's',
      reason: 'a notification is a hint, and what it hints at must still be in the log when it is read at last',
    },
  ];
}
// end lane

// lane: websocket
function websocketRules({ backbone, websocket }: Stage, fixed: FixedTimes): readonly TimeoutRule[] {
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
// end lane

// lane: sse
function edgeRules({ edge, sse }: Stage, fixed: FixedTimes): readonly TimeoutRule[] {
  if (edge.type === 'alb') return [];
  return [
    {
      left: { name: 'sse.heartbeatIntervalMs', value: sse.heartbeatIntervalMs },
      relation: '<',
      right: { name: 'edge.originReadTimeoutSeconds / 3', value: (edge.originReadTimeoutSeconds * 1_000) / 3 },
      unit: 'ms',
      reason:
        'CloudFront cuts a stream that is silent for the read timeout, which counts between packets, and one late heartbeat must not do that',
    },
    {
      left: { name: 'the longest poll', value: fixed.longestPollSeconds },
      relation: '<',
      right: { name: 'edge.originReadTimeoutSeconds', value: edge.originReadTimeoutSeconds },
      unit: 's',
      reason: 'a poll is silent while it waits, and CloudFront would answer 504 in its place',
    },
    {
      left: { name: 'edge.originKeepAliveSeconds', value: edge.originKeepAliveSeconds },
      relation: '<',
      right: { name: 'sse.idleTimeoutSeconds', value: sse.idleTimeoutSeconds },
      unit: 's',
      reason:
        'CloudFront must be the one to close an idle connection: it answers 502 where the load balancer closes one that it is about to use',
    },
  ];
}
// end lane

/** Whether a rule is kept. */
export const holds = ({ left, relation, right }: TimeoutRule): boolean =>
  relation === '<' ? left.value < right.value : left.value <= right.value;

const explain = ({ left, relation, right, unit, reason }: TimeoutRule): string =>
  `  ${left.name} (${left.value} ${unit}) must be ${relation} ${right.name} (${right.value} ${unit}): ${reason}`;

/**
 * Checks that the timeouts of a stage agree with each other across services that know nothing of one another.
 *
 * @param fixed @default those that hold
 * @throws TimeoutConflictError
 */
export function checkTimeouts(stage: Stage, fixed: FixedTimes = FIXED_TIMES): void {
  const conflicts = timeoutRules(stage, fixed).filter((rule) => !holds(rule));
  if (conflicts.length > 0) {
    throw new TimeoutConflictError(`The timeouts of stage ${stage.id} contradict each other:\n${conflicts.map(explain).join('\n')}`);
  }
}
