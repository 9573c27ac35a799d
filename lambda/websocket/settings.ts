/**
 * Settings of the lane's functions, with units, ranges and defaults. Stages are defined with the same schema.
 */
import { between, setting } from '../../backbone/settings.ts';

/** Settings of everything that uses connections. */
export const connectionSettings = {
  /** Age at which the rows of a connection expire by themselves if its `$disconnect` never came. */
  connectionTtlMinutes: setting(1, 1440, 130),
};

/** Settings of `$connect`. */
export const connectionLimits = {
  /**
   * How many connections one principal may have open. Their ids are one row; each change of it costs one
   * write unit per KB, which is 50 ids.
   */
  maxConnectionsPerPrincipal: between(1, 1_000),
};

/** Settings of the frame function. */
export const publishLimits = {
  /**
   * Events per second that one principal may publish. They are counted in one row, and a partition accepts
   * 1,000 writes a second.
   */
  maxPublishesPerSecond: between(1, 900),
};

/** Settings of the frame function and `$connect`. */
export const responseLimits = {
  /**
   * Answers per second to the frames of one principal, including upgrades, averaged over ten seconds. They
   * are counted in one row, and a partition accepts 1,000 writes a second. The same number again is refused
   * with an error frame; after that the connection is closed.
   */
  maxResponsesPerSecond: between(1, 400),
};

/** Settings of the fan-out. */
export const fanOutSettings = {
  /** Posts in flight per invocation. */
  postConcurrency: setting(1, 1_000, 64),
};

/** Settings of everything that leaves replays to the queue. */
export const replayLimits = {
  /**
   * Replays of one principal that wait or run at once. They are in one row; each change of it costs one write
   * unit per KB, which is about five replays.
   */
  maxReplaysPerPrincipal: setting(1, 32, 8),
};

/** Settings of replay turns. */
export const replayTurnLimits = {
  /**
   * Posts per second that all replays of one principal may make together, averaged over ten seconds. One turn
   * takes up to 100.
   */
  postsPerSecondPerPrincipal: setting(10, 10_000, 100),
};

/** Settings of the sweep. */
export const sweepSettings = {
  /** Connections that one run examines. Each open one costs a call of the management API. */
  maxConnections: setting(1, 100_000, 1_000),
};
