import { MemoryEventBus } from '../../../../backbone/memory/memory-event-bus.ts';
import { MemoryEventLog } from '../../../../backbone/memory/memory-event-log.ts';
import { MemoryPresenceStore } from '../../../../backbone/memory/memory-presence-store.ts';
import { systemClock } from '../../../../backbone/services/system-clock.ts';
import type { MemoryTaskQueue } from '../../../../fargate/sse/memory/memory-task-queue.ts';
import { type Service, type ServiceOptions, startService } from '../../../../fargate/sse/service.ts';
import { type StreamServer, type StreamServerOptions, startStreamServer } from '../../../../fargate/sse/stream-server.ts';
import { openToAll } from '../../../support/access.ts';
import { silentLogger } from './hub-world.ts';

const RETENTION_MS = 3_600_000;

export const TASK_ID = '7f3a';

type MemoryServerOptions = Partial<StreamServerOptions['config'] & Pick<StreamServerOptions, 'log'>>;

/** A server on a free loopback port, with ports in memory. */
export function startMemoryServer({ log, ...config }: MemoryServerOptions = {}): Promise<StreamServer> {
  return startStreamServer({
    config: {
      host: '127.0.0.1',
      port: 0,
      heartbeatIntervalMs: 15_000,
      headCheckIntervalMs: 30_000,
      retryMinMs: 1_000,
      retryMaxMs: 2_000,
      memoryMb: 512,
      maxStreams: 100,
      maxStreamsPerPrincipal: 10,
      maxPublishesPerSecond: 1_000,
      maxUnsentBytes: 1_000_000,
      keepAliveSeconds: 60,
      consoleConfig: '',
      retentionMs: RETENTION_MS,
      channels: [],
      gapGraceMs: 5_000,
      publishTimeoutMs: 2_000,
      ...config,
    },
    log: log ?? new MemoryEventLog({ clock: systemClock, retentionMs: RETENTION_MS }),
    bus: new MemoryEventBus(),
    presence: new MemoryPresenceStore({ clock: systemClock }),
    clock: systemClock,
    logger: silentLogger,
    files: () => undefined,
    access: openToAll,
  });
}

interface MemoryServiceOptions extends Partial<Pick<ServiceOptions, 'targetHealth' | 'logger' | 'writeMetrics' | 'startServer'>> {
  readonly config?: Partial<ServiceOptions['config']>;
  readonly queue: MemoryTaskQueue;
}

/** Starts the service, with ports in memory. Its load balancer never lets it go, unless told otherwise. */
export function startMemoryService({ config, queue, ...others }: MemoryServiceOptions): Promise<Service> {
  return startService({
    taskId: TASK_ID,
    config: { drainSeconds: 0, targetHealthIntervalSeconds: 60, stack: 'test', ...config },
    startServer: startMemoryServer,
    openQueue: async () => queue,
    targetHealth: { state: async () => 'registered' },
    clock: systemClock,
    logger: silentLogger,
    writeMetrics: () => {},
    ...others,
  });
}
