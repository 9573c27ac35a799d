import type { Stage } from '../config.ts';
import type { FixedTimes, TimeoutRule } from '../timeout-rule.ts';

/** A principal is answered so often, and refused as often, before its connection is ended. */
const FRAMES_PER_ANSWER = 2;

/** Every frame is a request of the account, and its answer is another. */
const REQUESTS_PER_FRAME = 2;

/**
 * Rules of the budget of the WebSocket lane. Upgrades, frames and posts of every API in an account and Region draw from one rate of
 * API Gateway; what one principal and what clients together can cause has to fit into it (docs/decisions/0030-the-budget-of-the-websocket-lane.md).
 */
export function websocketBudgetRules({ websocket }: Stage, fixed: FixedTimes): readonly TimeoutRule[] {
  const { accountRequestsPerSecond: account, principalSharePercent: share, fanOut, replay } = websocket;
  const { maxConnectionsPerPrincipal: connections, maxPublishesPerSecond: publishes, maxAnswersPerSecond: answers } = websocket;
  const framesAndAnswers = FRAMES_PER_ANSWER * REQUESTS_PER_FRAME;
  return [
    {
      left: {
        name: `websocket.maxConnectionsPerPrincipal x maxPublishesPerSecond + ${framesAndAnswers} x maxAnswersPerSecond + replay.postsPerSecondPerPrincipal`,
        value: connections * publishes + framesAndAnswers * answers + replay.postsPerSecondPerPrincipal,
      },
      relation: '<=',
      right: { name: `${share} % of websocket.accountRequestsPerSecond`, value: (account * share) / 100 },
      unit: 'requests per second',
      reason:
        "one principal whose connections all listen to what it publishes, and who sends frames and replays to its limits, would use up more than its share of the account's rate",
    },
    {
      left: {
        name: `websocket.requestsPerSecond x ${REQUESTS_PER_FRAME} + replay.maxConcurrency x ${fixed.replayPostsPerSecond}`,
        value: websocket.requestsPerSecond * REQUESTS_PER_FRAME + replay.maxConcurrency * fixed.replayPostsPerSecond,
      },
      relation: '<',
      right: { name: 'websocket.accountRequestsPerSecond', value: account },
      unit: 'requests per second',
      reason: "frames, their answers and replays at their limits would use up the account's rate, and leave the fan-out none",
    },
    {
      left: { name: 'websocket.requestBurst', value: websocket.requestBurst },
      relation: '<=',
      right: { name: "half of websocket.accountRequestsPerSecond, which is API Gateway's bucket", value: account / 2 },
      unit: 'requests',
      reason: 'the stage would let in more at once than the account has',
    },
    {
      left: {
        name: 'websocket.fanOut.maxConcurrency x 2 queues x postConcurrency',
        value: fanOut.maxConcurrency * 2 * fanOut.postConcurrency,
      },
      relation: '<=',
      right: {
        name: `websocket.accountRequestsPerSecond x ${fixed.postTimeoutMs} ms`,
        value: (account * fixed.postTimeoutMs) / 1_000,
      },
      unit: 'posts in flight',
      reason: "more posts at once than the account's rate answers before they time out are tried again, and only add to the load",
    },
    {
      left: { name: 'the function timeout of a turn of a replay', value: fixed.replayFunctionTimeoutSeconds * 1_000 },
      relation: '<',
      right: { name: 'how long a replay keeps its place', value: fixed.replayLeaseMs },
      unit: 'ms',
      reason: 'a replay whose turn still runs would lose its place, and another of the same channel would run beside it',
    },
  ];
}
