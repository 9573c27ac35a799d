import type { Notified } from '../../backbone/domain/presence.ts';
import type { Clock } from '../../backbone/ports.ts';
import type { Logger } from '../../backbone/telemetry/logger.ts';
import type { Config } from './config.ts';
import { leavingAnnouncement, STOP_MARGIN_MS } from './contract.ts';
import { countErrors, type ErrorCounter } from './error-counter.ts';
import { encodeMetrics } from './metrics.ts';
import type { TargetHealth, TaskQueue } from './ports.ts';
import { readQueue } from './queue-reader.ts';
import type { drainTimes } from './settings.ts';
import type { StreamServer } from './stream-server.ts';
import { watchTarget } from './target-watch.ts';

export interface ServiceOptions {
  readonly taskId: string;
  readonly config: Pick<Config, keyof typeof drainTimes | 'stack'>;
  /** Creates the task's queue and subscribes it. */
  readonly openQueue: () => Promise<TaskQueue>;
  readonly startServer: () => Promise<StreamServer>;
  /** What the load balancer knows about this task. */
  readonly targetHealth: TargetHealth;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes one line of metrics. */
  readonly writeMetrics: (line: string) => void;
}

export interface Service {
  readonly port: number;
  /**
   * Closes the streams over the drain time, or over what is left of it if the load balancer began to drain
   * the task before, then closes everything else. Takes at most the drain time plus {@link STOP_MARGIN_MS}.
   */
  stop(): Promise<void>;
}

const METRICS_INTERVAL_MS = 60_000;

/** Starts one task of the SSE lane. Resolves when it is ready for streams. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, clock } = options;
  const drainMs = config.drainSeconds * 1_000;
  const logger = countErrors(options.logger);
  // The queue comes first, so that everything published from now on is noticed.
  const queue = await options.openQueue();
  const server = await options.startServer().catch(async (error) => {
    await queue.close();
    throw error;
  });
  const stopped = new AbortController();
  const announced = new AbortController();
  const reader = {
    queue,
    announcement: leavingAnnouncement(options.taskId),
    onAnnounced: () => announced.abort(),
    clock,
    logger,
    offer: (events: readonly Notified[]) => server.offer(events),
  };
  const reading = readQueue(reader, stopped.signal);
  const reporting = reportMetrics(server, logger, options, stopped.signal);
  logger.info('ready', { port: server.port });

  let drained: Promise<void> | undefined;
  function drain(reason: 'leaving' | 'stopping'): Promise<void> {
    if (drained === undefined) {
      logger.info('draining', { reason, announced: announced.signal.aborted, drainMs });
      drained = server.drain(drainMs);
    }
    return drained;
  }

  /** Begins before SIGTERM. Polls and publications that still arrive are served until then. */
  async function drainWhenLeaving(): Promise<void> {
    const intervalMs = config.targetHealthIntervalSeconds * 1_000;
    const watch = { health: options.targetHealth, announced: announced.signal, clock, logger, intervalMs };
    if ((await watchTarget(watch, stopped.signal)) === 'leaving') await drain('leaving');
  }

  async function stop(): Promise<void> {
    await drain('stopping');
    stopped.abort();
    await Promise.all([reading, reporting]);
    await server.close();
    await queue.close();
    logger.info('stopped');
  }

  void drainWhenLeaving();
  return { port: server.port, stop };
}

/** Once a minute, and a last time when the signal aborts. */
async function reportMetrics(
  server: StreamServer,
  errors: ErrorCounter,
  { config, clock, writeMetrics }: ServiceOptions,
  signal: AbortSignal,
): Promise<void> {
  do {
    await clock.sleep(METRICS_INTERVAL_MS, signal).catch(() => {});
    const report = server.report();
    const all = { ...report, failures: report.failures + errors.take() };
    for (const line of encodeMetrics(all, { stack: config.stack, lane: 'sse' }, clock.nowMs())) writeMetrics(line);
  } while (!signal.aborted);
}
