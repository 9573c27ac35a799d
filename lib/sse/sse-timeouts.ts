import type { Stage } from '../config.ts';
import type { FixedTimes, TimeoutRule } from '../timeout-rule.ts';

/** Files that a task opens besides the sockets of its streams. */
const FILES_BESIDES_STREAMS = 1_024;

/** Rules of the SSE lane. */
export function sseRules({ backbone, sse }: Stage, fixed: FixedTimes): readonly TimeoutRule[] {
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

/** Rules of the SSE lane behind CloudFront; none where it is not. */
export function distributionRules({ edge, sse }: Stage, fixed: FixedTimes): readonly TimeoutRule[] {
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
