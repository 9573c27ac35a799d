/** Settings of the lane's functions, with units, ranges and defaults. A stage takes them from here. */
import { between, setting } from '../../backbone/settings.ts';

/** Of everything that knows connections. */
export const connectionSettings = {
  /** Age at which the rows of a connection expire by themselves, for the `$disconnect` that never came. */
  connectionTtlMinutes: setting(1, 1440, 130),
};

/** Of `$connect`. */
export const connectionLimits = {
  /** Connections that one principal may have open. Their ids are one row, whose every change costs a write unit per KB, 50 ids. */
  maxConnectionsPerPrincipal: between(1, 1_000),
};

/** Of frames. */
export const publishLimits = {
  /** Events a second that one principal may publish. Counted in one row, and a partition takes 1,000 writes a second. */
  maxPublishesPerSecond: between(1, 900),
};

/** Of frames and `$connect`. */
export const responseLimits = {
  /**
   * Answers to the frames of one principal in a second, upgrades included, on average over ten seconds. Counted in one row, and a
   * partition takes 1,000 writes a second. As many more are refused by an error frame; then the connection is ended.
   */
  maxResponsesPerSecond: between(1, 400),
};

/** Of the fan-out. */
export const fanOutSettings = {
  /** Posts in flight per invocation. */
  postConcurrency: setting(1, 1_000, 64),
};

/** Of everything that leaves replays to the queue. */
export const replayLimits = {
  /** Replays of one principal that wait or run at once. All are in one row, whose every change costs a write unit per KB, about five. */
  maxReplaysPerPrincipal: setting(1, 32, 8),
};

/** Of the turns of replays. */
export const replayTurnLimits = {
  /** Posts in a second that the replays of one principal may make together, on average over ten seconds. A turn takes up to 100. */
  postsPerSecondPerPrincipal: setting(10, 10_000, 100),
};

/** Of the sweep. */
export const sweepSettings = {
  /** Connections that one run looks at. Each open one costs a call of the management API. */
  maxConnections: setting(1, 100_000, 1_000),
};
