import { APPEND_LIMIT_MS, CLIENT_TIMES, DEAD_LETTER_RETENTION_SECONDS } from '../backbone/contract.ts';
import { LONGEST_POLL_SECONDS, STOP_MARGIN_MS, TASK_QUEUE_RETENTION_SECONDS } from '../fargate/sse/contract.ts';
import {
  FAN_OUT_RESERVE_MS,
  POST_TIMEOUT_MS,
  QUEUE_RETENTION_SECONDS,
  REPLAY_FUNCTION_TIMEOUT_SECONDS,
  REPLAY_LEASE_MS,
  REPLAY_POSTS_PER_SECOND,
  WEBSOCKET_INTEGRATION_LIMIT_MS,
} from '../lambda/websocket/contract.ts';

/** What no stage can change: AWS's limits, and the times that code and infrastructure share. */
export interface FixedTimes {
  readonly appendLimitMs: number;
  readonly longestPollSeconds: number;
  readonly stopMarginMs: number;
  readonly fanOutReserveMs: number;
  readonly queueRetentionSeconds: Readonly<Record<'task' | 'fanOut' | 'deadLetters', number>>;
  readonly client: Readonly<Record<keyof typeof CLIENT_TIMES, number>>;
  readonly websocketIntegrationLimitMs: number;
  readonly postTimeoutMs: number;
  readonly replayFunctionTimeoutSeconds: number;
  readonly replayLeaseMs: number;
  readonly replayPostsPerSecond: number;
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
  queueRetentionSeconds: {
    task: TASK_QUEUE_RETENTION_SECONDS,
    fanOut: QUEUE_RETENTION_SECONDS.fanOut,
    deadLetters: DEAD_LETTER_RETENTION_SECONDS,
  },
  client: CLIENT_TIMES,
  websocketIntegrationLimitMs: WEBSOCKET_INTEGRATION_LIMIT_MS,
  postTimeoutMs: POST_TIMEOUT_MS,
  replayFunctionTimeoutSeconds: REPLAY_FUNCTION_TIMEOUT_SECONDS,
  replayLeaseMs: REPLAY_LEASE_MS,
  replayPostsPerSecond: REPLAY_POSTS_PER_SECOND,
  // Neither can be raised (FACTS section 1, 2026-11).
  websocketConnectionMaxMs: 2 * 3_600_000,
  websocketIdleMs: 10 * 60_000,
};

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
