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

/** How a new version of a function takes over, by the names that CodeDeploy has behind `CodeDeployDefault.Lambda`. */
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
   * API Gateway's quota of requests a second for the account and Region, which all its APIs share: new connections, frames, and
   * every post to a connection. Limits below have to fit into it: see websocket-budget.ts.
   * The default is what AWS gives an account at first (API Gateway quotas, 2026-11).
   */
  accountRequestsPerSecond: setting(1, 1_000_000, 10_000),
  /** How much of it one principal may use up, by what its limits allow together. */
  principalSharePercent: between(1, 100),
  /** Requests per second on this stage: new connections and frames together. */
  requestsPerSecond: between(1, 10_000),
  /** Requests that the stage takes at once. */
  requestBurst: between(1, 5_000),
  /**
   * Whether the lane's stack sets the role with which API Gateway writes logs. An account has one in each Region, and whoever sets it last
   * wins: off where others have set it.
   */
  setsAccountLogRole: v.optional(v.boolean(), true),
  ...connectionLimits,
  ...publishLimits,
  ...responseLimits,
  /** Of each of the tables of connections, subscriptions and principals. */
  maxThroughput,
  /** How long the functions behind a route may run. */
  routeFunctionTimeoutSeconds: setting(1, 900, 15),
  fanOut: v.optional(
    v.strictObject({
      functionTimeoutSeconds: setting(1, 900, 30),
      memoryMb: setting(128, 10_240, 512),
      ...fanOutSettings,
      /** Invocations side by side, per queue. SQS takes no less than 2. */
      maxConcurrency: setting(2, 1_000, 5),
      /** Messages per invocation. */
      batchSize: setting(1, 10, 10),
      /** How long a message stays hidden while an invocation works on it. */
      visibilityTimeoutSeconds: setting(0, 43_200, 180),
      /** Deliveries of a message before it is put aside. */
      maxReceiveCount: setting(1, 1_000, 5),
      /** Whether a new version gets all messages at once, or more and more of them, and none when an alarm is raised. */
      rollout: v.optional(functionRollout, 'AllAtOnce'),
    }),
    {},
  ),
  /** What clients have missed, if it is more than an answer holds. */
  replay: v.optional(
    v.strictObject({
      /** Turns side by side. SQS takes no less than 2. */
      maxConcurrency: setting(2, 1_000, 5),
      ...replayLimits,
      ...replayTurnLimits,
    }),
    {},
  ),
  sweep: v.optional(
    v.strictObject({
      /** How often a part of the connections is looked at for those that are closed. */
      intervalMinutes: setting(1, 1_440, 15),
      ...sweepSettings,
      functionTimeoutSeconds: setting(20, 900, 60),
    }),
    {},
  ),
});

export type WebSocketSettings = v.InferOutput<typeof websocketSettings>;
