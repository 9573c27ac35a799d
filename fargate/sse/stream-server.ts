import type { Server } from 'node:http';
import { kindsBy } from '../../backbone/domain/channel-kind.ts';
import type { Notified } from '../../backbone/domain/presence.ts';
import type { Clock, EphemeralBus, EventBus, EventLog, LatestBus, LatestStore, PresenceBus, PresenceStore } from '../../backbone/ports.ts';
import { createEphemeralPublisher } from '../../backbone/services/ephemeral-publisher.ts';
import { createLatestPublisher } from '../../backbone/services/latest-publisher.ts';
import { bindPublisher } from '../../backbone/services/publisher.ts';
import type { logSettings, publishSettings, readSettings, Settings } from '../../backbone/settings.ts';
import type { Logger } from '../../backbone/telemetry/logger.ts';
import { createTaskBudget, takeOverShare } from './budget/task-budget.ts';
import type { Config } from './config.ts';
import { countErrors } from './error-counter.ts';
import { createHttpServer, type HttpServerOptions } from './http/http-server.ts';
import { type Listening, listen } from './http/listen.ts';
import { PublishRate } from './http/publish-rate.ts';
import type { StaticFiles } from './http/static-files.ts';
import { Hub, MAX_STALL_MS } from './hub/hub.ts';
import type { HubCounts } from './hub/hub-counts.ts';
import type { streamTimes, taskLimits } from './settings.ts';

/** Serves streams, polls and publications. */
export interface StreamServer {
  readonly port: number;
  /**
   * Takes notifications of the topic. Wait for it before offering more: it resolves when the streams have
   * caught up with these.
   */
  offer(events: readonly Notified[]): Promise<void>;
  /** Refuses new streams and closes open ones evenly over the time. Polls and publications are still served. */
  drain(overMs: number): Promise<void>;
  /** What is open now, and what has happened since the last report. */
  report(): StreamReport;
  /** Waits a while for requests in progress, then ends everything. */
  close(): Promise<void>;
}

export interface StreamReport extends HubCounts {
  readonly openStreams: number;
  /** Requests and streams that failed for a reason that the client did not cause. */
  readonly failures: number;
  /** How often principals reached their share of the task's memory and places. */
  readonly overShare: number;
  /** Publications refused because their principal published too often. */
  readonly refusedPublications: number;
}

/** Decides who may use the server. */
export interface ServerAccess extends Pick<HttpServerOptions, 'verifier' | 'authenticate' | 'origins'> {}

export interface StreamServerOptions {
  readonly config: Pick<Config, 'host' | 'port' | 'consoleConfig'> &
    Settings<typeof taskLimits & typeof streamTimes & typeof logSettings & typeof readSettings & typeof publishSettings>;
  readonly log: EventLog;
  readonly latest: LatestStore;
  readonly bus: EventBus & EphemeralBus & LatestBus & PresenceBus;
  readonly presence: PresenceStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files: StaticFiles;
  readonly access: ServerAccess;
}

const LAST_ANSWERS_MS = 2_000;

/** One user may come to this many channels a second; each costs a write. Three streams of 32 channels may be opened at once. */
const MAX_PRESENCE_CHANGES_PER_SECOND = 100;

/** Resolves when the server listens; rejects if it cannot. */
export async function startStreamServer(options: StreamServerOptions): Promise<StreamServer> {
  const { config, log, latest, bus, presence, clock, files, access } = options;
  const logger = countErrors(options.logger);
  const publishRate = new PublishRate(config.maxPublishesPerSecond, clock);
  const budget = createTaskBudget(config.memoryMb * 1024 * 1024);
  const kindOf = kindsBy(config.channels);
  const hub = new Hub({
    ...config,
    kindOf,
    graceMs: config.gapGraceMs,
    budget,
    log,
    latest,
    presenceStore: presence,
    presenceBus: bus,
    clock,
    logger,
  });
  const server = createHttpServer({
    ...access,
    hub,
    logger,
    clock,
    publishRate,
    presenceRate: new PublishRate(MAX_PRESENCE_CHANGES_PER_SECOND, clock),
    budget,
    maxStallMs: MAX_STALL_MS,
    ...bindPublisher({ log, bus, clock, publishTimeoutMs: config.publishTimeoutMs }),
    ...createLatestPublisher({ store: latest, bus }),
    kindOf,
    publishEphemeral: createEphemeralPublisher({ bus, clock }),
    keepAliveMs: config.keepAliveSeconds * 1_000,
    files,
    consoleConfig: config.consoleConfig,
  });
  const listening = await listen(server, config);
  hub.start();
  return {
    port: listening.port,
    offer: (events) => offerAll(hub, events),
    drain: (overMs) => hub.drain(overMs),
    report: () => ({
      openStreams: hub.openStreams,
      failures: logger.take(),
      overShare: takeOverShare(budget),
      refusedPublications: publishRate.takeRefused(),
      ...hub.takeCounts(),
    }),
    close: async () => {
      await closeServer(server, listening, clock);
      hub.close();
      await hub.presence.close();
    },
  };
}

async function offerAll(hub: Hub, events: readonly Notified[]): Promise<void> {
  for (const event of events) await hub.offer(event);
}

async function closeServer(server: Server, listening: Listening, clock: Clock): Promise<void> {
  const waiting = new AbortController();
  const cut = () => server.closeAllConnections();
  const patience = clock.sleep(LAST_ANSWERS_MS, waiting.signal).then(cut, () => {});
  await listening.close();
  waiting.abort();
  await patience;
}
