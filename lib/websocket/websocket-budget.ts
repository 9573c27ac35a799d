import {
  POST_TIMEOUT_MS,
  PRESENCE_FAN_OUT,
  REPLAY_FUNCTION_TIMEOUT_SECONDS,
  REPLAY_LEASE_MS,
  REPLAY_POSTS_PER_SECOND,
} from '../../lambda/websocket/contract.ts';
import { atMost, below, type TimeoutRule } from '../timeout-rule.ts';
import type { WebSocketSettings } from './websocket-settings.ts';

/** Values that no stage can change. */
export const WEBSOCKET_WORK = {
  postTimeoutMs: POST_TIMEOUT_MS as number,
  replayFunctionTimeoutSeconds: REPLAY_FUNCTION_TIMEOUT_SECONDS as number,
  replayLeaseMs: REPLAY_LEASE_MS as number,
  replayPostsPerSecond: REPLAY_POSTS_PER_SECOND as number,
  presencePostsPerSecond: (PRESENCE_FAN_OUT.maxConcurrency * PRESENCE_FAN_OUT.postsPerSecond) as number,
};

/**
 * A principal gets this many frames per allowed answer before its connection is closed: as many are refused
 * as are answered.
 */
const FRAMES_PER_ANSWER = 2;

/** Every frame is a request of the account, and its answer is another. */
const REQUESTS_PER_FRAME = 2;

/**
 * Rules for the budget of the WebSocket lane. Upgrades, frames and posts of every API in an account and
 * Region share one rate limit of API Gateway. What one principal and all clients together can cause must fit
 * into it (docs/decisions/0030-the-budget-of-the-websocket-lane.md).
 */
export function websocketBudgetRules(websocket: WebSocketSettings, fixed = WEBSOCKET_WORK): readonly TimeoutRule[] {
  const { accountRequestsPerSecond: account, principalSharePercent: share, fanOut, replay } = websocket;
  const { maxConnectionsPerPrincipal: connections, maxPublishesPerSecond: publishes, maxResponsesPerSecond: answers } = websocket;
  const framesAndAnswers = FRAMES_PER_ANSWER * REQUESTS_PER_FRAME;
  return [
    atMost(
      [
        `websocket.maxConnectionsPerPrincipal x maxPublishesPerSecond + ${framesAndAnswers} x maxResponsesPerSecond + replay.postsPerSecondPerPrincipal`,
        connections * publishes + framesAndAnswers * answers + replay.postsPerSecondPerPrincipal,
      ],
      [`${share} % of websocket.accountRequestsPerSecond`, (account * share) / 100],
      'requests per second',
      "one principal whose connections all subscribe to what it publishes, and who sends frames and replays to its limits, would use up more than its share of the account's rate",
    ),
    below(
      [
        `websocket.requestsPerSecond x ${REQUESTS_PER_FRAME} + replay.maxConcurrency x ${fixed.replayPostsPerSecond} + ${fixed.presencePostsPerSecond} of presence`,
        websocket.requestsPerSecond * REQUESTS_PER_FRAME +
          replay.maxConcurrency * fixed.replayPostsPerSecond +
          fixed.presencePostsPerSecond,
      ],
      ['websocket.accountRequestsPerSecond', account],
      'requests per second',
      "frames, their answers, replays and changes of presence at their limits would use up the account's rate, and leave nothing for the fan-out",
    ),
    atMost(
      ['websocket.requestBurst', websocket.requestBurst],
      ["half of websocket.accountRequestsPerSecond, which is API Gateway's bucket", account / 2],
      'requests',
      'the stage would accept more requests at once than the account allows',
    ),
    atMost(
      ['websocket.fanOut.maxConcurrency x 2 queues x postConcurrency', fanOut.maxConcurrency * 2 * fanOut.postConcurrency],
      [`websocket.accountRequestsPerSecond x ${fixed.postTimeoutMs} ms`, (account * fixed.postTimeoutMs) / 1_000],
      'posts in flight',
      "posts that the account's rate cannot answer before they time out are tried again, which only adds to the load",
    ),
    below(
      ['the function timeout of a turn of a replay', fixed.replayFunctionTimeoutSeconds * 1_000],
      ['how long a replay keeps its place', fixed.replayLeaseMs],
      'ms',
      'a replay whose turn still runs would lose its place, and another of the same channel would run beside it',
    ),
  ];
}
