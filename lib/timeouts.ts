import { APPEND_LIMIT_MS } from '../backbone/contract.ts';
import type { Stage } from './config.ts';

/** Longest life of a WebSocket connection on API Gateway, which cannot be raised (FACTS section 1, 2026-11). */
const WEBSOCKET_CONNECTION_MAX_SECONDS = 2 * 3_600;

/** Longest answer of an integration of a WebSocket route on API Gateway (FACTS section 1, 2026-11). */
const WEBSOCKET_INTEGRATION_MAX_SECONDS = 29;

/** A poll may wait this long for an event (DESIGN section 3). */
const LONGEST_POLL_SECONDS = 25;

/** What a stopping task needs after its last stream is closed: to unsubscribe and delete its queue. */
const QUEUE_REMOVAL_SECONDS = 10;

/** AWS's advice for a queue that feeds a function: room for retries of throttled invocations. */
const VISIBILITY_PER_FUNCTION_TIMEOUT = 6;

/** Files that a task opens besides the sockets of its streams. */
const FILES_BESIDES_STREAMS = 1_024;

type Relation = '<' | '<=';

interface Quantity {
  readonly name: string;
  readonly value: number;
}

interface Rule {
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

function rulesOf(stage: Stage): readonly Rule[] {
  const { backbone, sse, websocket } = stage;
  const { fanOut } = websocket;
  return [
    {
      left: { name: 'sse.heartbeatIntervalMs', value: sse.heartbeatIntervalMs },
      relation: '<',
      right: { name: 'sse.idleTimeoutSeconds / 3', value: (sse.idleTimeoutSeconds * 1_000) / 3 },
      unit: 'ms',
      reason: 'the load balancer cuts a stream that is silent for the idle timeout, and one late heartbeat must not do that',
    },
    {
      left: { name: 'the longest poll', value: LONGEST_POLL_SECONDS },
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
      left: { name: `backbone.publishTimeoutMs + ${APPEND_LIMIT_MS}`, value: backbone.publishTimeoutMs + APPEND_LIMIT_MS },
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
      left: { name: `sse.drainSeconds + ${QUEUE_REMOVAL_SECONDS}`, value: sse.drainSeconds + QUEUE_REMOVAL_SECONDS },
      relation: '<=',
      right: { name: 'sse.stopTimeoutSeconds', value: sse.stopTimeoutSeconds },
      unit: 's',
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
      left: { name: 'sse.cleanerTimeoutSeconds', value: sse.cleanerTimeoutSeconds },
      relation: '<',
      right: { name: 'sse.sweepIntervalMinutes', value: sse.sweepIntervalMinutes * 60 },
      unit: 's',
      reason: 'a sweep must end before the next one starts',
    },
    {
      left: { name: 'websocket.sweep.functionTimeoutSeconds', value: websocket.sweep.functionTimeoutSeconds },
      relation: '<',
      right: { name: 'websocket.sweep.intervalMinutes', value: websocket.sweep.intervalMinutes * 60 },
      unit: 's',
      reason: 'two sweeps side by side would look at the same connections',
    },
    {
      left: { name: 'the longest WebSocket connection', value: WEBSOCKET_CONNECTION_MAX_SECONDS },
      relation: '<',
      right: { name: 'websocket.connectionTtlMinutes', value: websocket.connectionTtlMinutes * 60 },
      unit: 's',
      reason: 'the rows of a connection that still lives must not expire',
    },
    {
      left: { name: 'websocket.routeFunctionTimeoutSeconds', value: websocket.routeFunctionTimeoutSeconds },
      relation: '<=',
      right: { name: 'the longest WebSocket integration', value: WEBSOCKET_INTEGRATION_MAX_SECONDS },
      unit: 's',
      reason: 'API Gateway stops waiting then, and a function that goes on works for nobody',
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
  ];
}

const holds = ({ left, relation, right }: Rule): boolean => (relation === '<' ? left.value < right.value : left.value <= right.value);

const explain = ({ left, relation, right, unit, reason }: Rule): string =>
  `  ${left.name} (${left.value} ${unit}) must be ${relation} ${right.name} (${right.value} ${unit}): ${reason}`;

/**
 * Checks that the timeouts of a stage agree with each other across services that know nothing of one another.
 *
 * @throws TimeoutConflictError
 */
export function checkTimeouts(stage: Stage): void {
  const conflicts = rulesOf(stage).filter((rule) => !holds(rule));
  if (conflicts.length > 0) {
    throw new TimeoutConflictError(`The timeouts of stage ${stage.id} contradict each other:\n${conflicts.map(explain).join('\n')}`);
  }
}
