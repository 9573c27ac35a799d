import * as v from 'valibot';
import { between, setting } from '../../backbone/settings.ts';
import {
  connectionLimits,
  connectionSettings,
  fanOutSettings,
  publishLimits,
  replayLimits,
  replayTurnLimits,
  responseLimits,
  sweepSettings,
} from '../../lambda/websocket/settings.ts';
import { maxThroughput } from '../max-throughput.ts';

/**
 * How a new version of a function takes over: the names that follow `CodeDeployDefault.Lambda` in CodeDeploy.
 */
const functionRollout = v.picklist([
  'AllAtOnce',
  'Canary10Percent5Minutes',
  'Canary10Percent10Minutes',
  'Canary10Percent15Minutes',
  'Canary10Percent30Minutes',
  'Linear10PercentEvery1Minute',
  'Linear10PercentEvery2Minutes',
  'Linear10PercentEvery3Minutes',
  'Linear10PercentEvery10Minutes',
]);

/** Settings of the WebSocket lane. */
export const websocketSettings = v.strictObject({
  ...connectionSettings,
  /**
   * API Gateway's quota of requests per second for the account and Region, shared by all its APIs: new
   * connections, frames, and every post to a connection. The limits below must fit into it: see
   * websocket-budget.ts. The default is AWS's initial quota (API Gateway quotas, 2026-11).
   */
  accountRequestsPerSecond: setting(1, 1_000_000, 10_000),
  /** The percentage of it that one principal may use, given all its limits together. */
  principalSharePercent: between(1, 100),
  /** Requests per second on this stage: new connections and frames together. */
  requestsPerSecond: between(1, 10_000),
  /** Requests that the stage accepts at once. */
  requestBurst: between(1, 5_000),
  /**
   * Whether the lane's stack sets the role with which API Gateway writes logs. An account has one in each Region, and whoever sets it last
   * wins: off where others have set it.
   */
  setsAccountLogRole: v.optional(v.boolean(), true),
  ...connectionLimits,
  ...publishLimits,
  ...responseLimits,
  /** The limit of each of the tables for connections, subscriptions and principals. */
  maxThroughput,
  /** How long the functions behind a route may run. */
  routeFunctionTimeoutSeconds: setting(1, 900, 15),
  fanOut: v.optional(
    v.strictObject({
      functionTimeoutSeconds: setting(1, 900, 30),
      memoryMb: setting(128, 10_240, 512),
      ...fanOutSettings,
      /** Concurrent invocations per queue. SQS's minimum is 2. */
      maxConcurrency: setting(2, 1_000, 5),
      /** Messages per invocation. */
      batchSize: setting(1, 10, 10),
      /** How long a message stays hidden while an invocation works on it. */
      visibilityTimeoutSeconds: setting(0, 43_200, 180),
      /** How often a message is delivered before it goes to the dead-letter queue. */
      maxReceiveCount: setting(1, 1_000, 5),
      /**
       * Whether a new version gets all messages at once, or gradually more, with a rollback when an alarm
       * fires.
       */
      rollout: v.optional(functionRollout, 'AllAtOnce'),
    }),
    {},
  ),
  /** Replays of what clients have missed, if it is more than fits with the answer. */
  replay: v.optional(
    v.strictObject({
      /** Concurrent turns. SQS's minimum is 2. */
      maxConcurrency: setting(2, 1_000, 5),
      ...replayLimits,
      ...replayTurnLimits,
    }),
    {},
  ),
  sweep: v.optional(
    v.strictObject({
      /** How often a part of the connections is checked for closed ones. */
      intervalMinutes: setting(1, 1_440, 15),
      ...sweepSettings,
      functionTimeoutSeconds: setting(20, 900, 60),
    }),
    {},
  ),
});

export type WebSocketSettings = v.InferOutput<typeof websocketSettings>;
