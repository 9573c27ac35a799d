import { CLIENT_TIMES } from '../../backbone/contract.ts';
import { LONGEST_POLL_SECONDS, STOP_MARGIN_MS, TASK_QUEUE_RETENTION_SECONDS } from '../../fargate/sse/contract.ts';
import { RATE_WINDOW_SECONDS } from '../edge/edge-settings.ts';
import type { StageBase } from '../stage-base.ts';
import { atMost, below, type TimeoutRule } from '../timeout-rule.ts';
import type { SseSettings } from './sse-settings.ts';

/** Values that no stage can change: times that code and infrastructure share. */
export const SSE_TIMES = {
  client: CLIENT_TIMES as Readonly<Record<'silenceTimeoutMs', number>>,
  queueRetentionSeconds: TASK_QUEUE_RETENTION_SECONDS as number,
  longestPollSeconds: LONGEST_POLL_SECONDS as number,
  stopMarginMs: STOP_MARGIN_MS as number,
};

/** Files that a task opens besides the sockets of its streams. */
const FILES_BESIDES_STREAMS = 1_024;

/**
 * Calls that tasks may make in each second of their interval. ELB's API refills its bucket of 40 by 10 a second for all of an account and
 * Region (API throttling of ELB, 2026-11): half of that is for other stages and teams. Half of an interval is random, so that tasks wait
 * three quarters of it on average.
 */
const TARGET_HEALTH_CALLS = 0.75 * 5;

/** How the times and limits of the SSE lane must agree. */
export function sseRules({ backbone }: Pick<StageBase, 'backbone'>, sse: SseSettings, fixed = SSE_TIMES): readonly TimeoutRule[] {
  return [
    below(
      ['sse.heartbeatIntervalMs', sse.heartbeatIntervalMs],
      ['sse.idleTimeoutSeconds / 3', (sse.idleTimeoutSeconds * 1_000) / 3],
      'ms',
      'the load balancer cuts a stream that is silent for the idle timeout, and one late heartbeat must not do that',
    ),
    atMost(
      ['sse.heartbeatIntervalMs', sse.heartbeatIntervalMs],
      ["the client's silenceTimeoutMs / 3", fixed.client.silenceTimeoutMs / 3],
      'ms',
      'our client gives up a stream that is silent for this long, and would keep reconnecting although nothing is wrong',
    ),
    below(
      ['the longest poll', fixed.longestPollSeconds],
      ['sse.idleTimeoutSeconds', sse.idleTimeoutSeconds],
      's',
      'a poll is silent while it waits, and the load balancer would answer with 504 instead',
    ),
    below(
      ['sse.idleTimeoutSeconds', sse.idleTimeoutSeconds],
      ['sse.keepAliveSeconds', sse.keepAliveSeconds],
      's',
      'the load balancer must be the one to close an idle connection: if a task closes one that it is about to use, it answers with 502',
    ),
    atMost(
      ['sse.targetHealthIntervalSeconds + sse.drainSeconds', sse.targetHealthIntervalSeconds + sse.drainSeconds],
      ['sse.deregistrationDelaySeconds', sse.deregistrationDelaySeconds],
      's',
      'when the event is lost, a task learns up to one interval late that it must drain, and when the delay ends, the load balancer cuts all remaining streams at once',
    ),
    atMost(
      ['2 x sse.scaling.maxTasks', 2 * sse.scaling.maxTasks],
      [`${TARGET_HEALTH_CALLS} x sse.targetHealthIntervalSeconds`, TARGET_HEALTH_CALLS * sse.targetHealthIntervalSeconds],
      'calls in an interval',
      "every task asks for its target health, during a deploy the old and the new ones do, and with more than half of what ELB's API allows an account, others would be throttled",
    ),
    below(
      [`sse.drainSeconds x 1000 + ${fixed.stopMarginMs}`, sse.drainSeconds * 1_000 + fixed.stopMarginMs],
      ['sse.stopTimeoutSeconds', sse.stopTimeoutSeconds * 1_000],
      'ms',
      'a task is killed at the stop timeout, and needs time after its drain to remove its queue',
    ),
    below(
      ['sse.retryMinMs', sse.retryMinMs],
      ['sse.retryMaxMs', sse.retryMaxMs],
      'ms',
      'clients of a lost task reconnect spread over this range',
    ),
    atMost(
      [`sse.task.maxStreams + ${FILES_BESIDES_STREAMS}`, sse.task.maxStreams + FILES_BESIDES_STREAMS],
      ['sse.task.openFiles', sse.task.openFiles],
      'files',
      'every stream is a socket, and the task needs some files and sockets of its own',
    ),
    below(
      ['sse.task.maxStreamsPerPrincipal', sse.task.maxStreamsPerPrincipal],
      ['sse.task.maxStreams', sse.task.maxStreams],
      'streams',
      'one principal could fill a task, and the limit would protect nobody',
    ),
    below(
      ['sse.scaling.targetStreamsPerTask', sse.scaling.targetStreamsPerTask],
      ['sse.task.maxStreams', sse.task.maxStreams],
      'streams',
      'full tasks refuse streams before the average can exceed the target, so no task would be added',
    ),
    atMost(
      ['sse.scaling.minTasks', Math.max(sse.scaling.minTasks, ...sse.scaling.schedule.map(({ minTasks }) => minTasks))],
      ['sse.scaling.maxTasks', sse.scaling.maxTasks],
      'tasks',
      'Application Auto Scaling accepts no minimum above the maximum, not even a scheduled one',
    ),
    below(
      ['sse.cleanerTimeoutSeconds', sse.cleanerTimeoutSeconds],
      ['sse.sweepIntervalMinutes', sse.sweepIntervalMinutes * 60],
      's',
      'a sweep must end before the next one starts',
    ),
    below(
      ['sse.headCheckIntervalMs', sse.headCheckIntervalMs],
      ["retention of a task's queue", fixed.queueRetentionSeconds * 1_000],
      'ms',
      "notifications that a task's queue has dropped are found only by comparing heads, which must therefore happen more often",
    ),
    below(
      ["retention of a task's queue", fixed.queueRetentionSeconds],
      ['backbone.retentionHours', backbone.retentionHours * 3_600],
      's',
      'a notification is a hint: its event must still be in the log when the notification is finally read',
    ),
  ];
}

/** How they must agree with the web ACL, which counts the requests of an address. */
export function addressRules({ edge }: Pick<StageBase, 'edge'>, { task }: Pick<SseSettings, 'task'>): readonly TimeoutRule[] {
  if (edge.requestsPerAddress === null) return [];
  return [
    atMost(
      [`sse.task.maxPublishesPerSecond x ${RATE_WINDOW_SECONDS}`, task.maxPublishesPerSecond * RATE_WINDOW_SECONDS],
      ['edge.requestsPerAddress', edge.requestsPerAddress],
      `requests in ${RATE_WINDOW_SECONDS} s`,
      'the web ACL would turn away the whole address of a principal that publishes as often as it may',
    ),
  ];
}

/** How they must agree with CloudFront, where it is in front of the lane. */
export function distributionRules({ edge }: Pick<StageBase, 'edge'>, sse: SseSettings, fixed = SSE_TIMES): readonly TimeoutRule[] {
  if (edge.type === 'alb') return [];
  return [
    below(
      ['sse.heartbeatIntervalMs', sse.heartbeatIntervalMs],
      ['edge.originReadTimeoutSeconds / 3', (edge.originReadTimeoutSeconds * 1_000) / 3],
      'ms',
      'CloudFront cuts a stream that is silent for the read timeout, which counts between packets, and one late heartbeat must not do that',
    ),
    below(
      ['the longest poll', fixed.longestPollSeconds],
      ['edge.originReadTimeoutSeconds', edge.originReadTimeoutSeconds],
      's',
      'a poll is silent while it waits, and CloudFront would answer with 504 instead',
    ),
    below(
      ['edge.originKeepAliveSeconds', edge.originKeepAliveSeconds],
      ['sse.idleTimeoutSeconds', sse.idleTimeoutSeconds],
      's',
      'CloudFront must be the one to close an idle connection: if the load balancer closes one that it is about to use, it answers with 502',
    ),
  ];
}
