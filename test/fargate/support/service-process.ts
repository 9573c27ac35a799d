/** The service as a process of its own, on ports in memory: for signals, which a test cannot send to itself. `argv[2]` is the drain time. */
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { createLogger } from '../../../fargate/logger.ts';
import { runProcess } from '../../../fargate/run.ts';
import { startService } from '../../../fargate/service.ts';
import { MemoryEventBus } from '../../support/memory-event-bus.ts';
import { MemoryEventLog } from '../../support/memory-event-log.ts';
import { MemoryQueue } from './memory-queue.ts';

const writeLine = (line: string) => process.stdout.write(`${line}\n`);
const drainMs = Number(process.argv[2]);
const logger = createLogger(writeLine, systemClock.nowMs);
const queue = new MemoryQueue();
const close = queue.close.bind(queue);
queue.close = async () => {
  await close();
  logger.info('queue closed');
};

await runProcess({
  drainMs,
  logger,
  start: () =>
    startService({
      config: {
        host: '127.0.0.1',
        port: 0,
        heartbeatIntervalMs: 15_000,
        headCheckIntervalMs: 30_000,
        retryMinMs: 1_000,
        retryMaxMs: 2_000,
        maxStreams: 100,
        maxStreamsPerPrincipal: 10,
        maxUnsentBytes: 1_000_000,
        drainMs,
        targetHealthIntervalMs: 60_000,
        keepAliveMs: 60_000,
        consoleConfig: '',
        retentionMs: 3_600_000,
        graceMs: 5_000,
        publishTimeoutMs: 2_000,
      },
      log: new MemoryEventLog({ clock: systemClock, retentionMs: 3_600_000 }),
      bus: new MemoryEventBus(),
      openQueue: async () => queue,
      targetHealth: { state: async () => 'registered' },
      clock: systemClock,
      logger,
      files: () => undefined,
      writeMetrics: writeLine,
    }),
});
