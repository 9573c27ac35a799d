import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, EventBus, EventLog, TargetHealth, TaskQueue } from '../backbone/ports.ts';
import { publish } from '../backbone/services/publisher.ts';
import type { Config } from './config.ts';
import { createEdge, type Readiness } from './http/edge.ts';
import type { StaticFiles } from './http/static-files.ts';
import { Hub } from './hub/hub.ts';
import type { Logger } from './logger.ts';
import { encodeMetrics } from './metrics.ts';
import { readQueue } from './queue-reader.ts';
import { watchTarget } from './target-watch.ts';

export interface ServiceOptions {
  readonly config: Omit<Config, 'logTable' | 'topicArn' | 'queuePrefix' | 'metadataUri' | 'targetGroupArn'>;
  readonly log: EventLog;
  readonly bus: EventBus;
  /** Makes the task's queue and subscribes it. */
  readonly openQueue: () => Promise<TaskQueue>;
  /** What the load balancer knows of this task. */
  readonly targetHealth: TargetHealth;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files: StaticFiles;
  /** Takes a line of metrics. */
  readonly writeMetrics: (line: string) => void;
}

export interface Service {
  readonly port: number;
  /**
   * Closes the streams over the drain time, or what is left of it where the load balancer has let the task go before,
   * then everything else. Takes at most the drain time and {@link STOP_MARGIN_MS}.
   */
  stop(): Promise<void>;
}

/** Time for the last answers, and for the removal of the queue, after the streams are closed. */
export const STOP_MARGIN_MS = 8_000;

const LAST_ANSWERS_MS = 2_000;

const METRICS_INTERVAL_MS = 60_000;

/** Starts one task of the SSE lane. Resolves when it is ready for streams. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, log, bus, clock, logger } = options;
  const hub = new Hub({ ...config, log, clock, logger });
  let readiness: Readiness = 'starting';
  const edge = createEdge({
    hub,
    logger,
    publish: (publication) => publish(publication, { log, bus, clock, publishTimeoutMs: config.publishTimeoutMs }),
    readiness: () => readiness,
    keepAliveMs: config.keepAliveMs,
    files: options.files,
    consoleConfig: config.consoleConfig,
  });
  const stopped = new AbortController();

  // The queue comes first: whatever is published from now on is noticed.
  const queue = await options.openQueue();
  const reading = readQueue({ queue, clock, logger, offer: (event) => hub.offer(event) }, stopped.signal);
  try {
    edge.listen(config.port, config.host);
    await once(edge, 'listening');
  } catch (error) {
    stopped.abort();
    await queue.close();
    throw error;
  }
  hub.start();
  void reportMetrics(hub, options, stopped.signal);
  readiness = 'ready';
  const { port } = edge.address() as AddressInfo;
  logger.info('ready', { port });

  let drained: Promise<void> | undefined;
  function drain(reason: 'leaving' | 'stopping'): Promise<void> {
    drained ??= beginDrain(reason);
    return drained;
  }

  function beginDrain(reason: 'leaving' | 'stopping'): Promise<void> {
    readiness = 'draining';
    logger.info('draining', { reason, openStreams: hub.openStreams, drainMs: config.drainMs });
    return hub.drain(config.drainMs);
  }

  /** Ahead of SIGTERM. Polls and publications that still come are served until then. */
  async function drainWhenLeaving(): Promise<void> {
    const watch = { health: options.targetHealth, clock, logger, intervalMs: config.targetHealthIntervalMs };
    if ((await watchTarget(watch, stopped.signal)) === 'leaving') await drain('leaving');
  }

  async function stop(): Promise<void> {
    await drain('stopping');
    await closeEdge(edge, clock);
    hub.close();
    stopped.abort();
    await reading;
    options.writeMetrics(encodeMetrics(hub.openStreams, hub.takeCounts(), clock.nowMs()));
    await queue.close();
    logger.info('stopped');
  }

  void drainWhenLeaving();
  return { port, stop };
}

/** Lets requests that are under way end, for a while. */
async function closeEdge(edge: Server, clock: Clock): Promise<void> {
  const waiting = new AbortController();
  const cut = () => edge.closeAllConnections();
  const patience = clock.sleep(LAST_ANSWERS_MS, waiting.signal).then(cut, () => {});
  await new Promise((resolve) => edge.close(resolve));
  waiting.abort();
  await patience;
}

async function reportMetrics(hub: Hub, { clock, writeMetrics }: ServiceOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(METRICS_INTERVAL_MS, signal).catch(() => {});
    if (!signal.aborted) writeMetrics(encodeMetrics(hub.openStreams, hub.takeCounts(), clock.nowMs()));
  }
}
