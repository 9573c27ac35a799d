import type { Logger } from '../../backbone/telemetry/logger.ts';
import { STOP_MARGIN_MS } from './contract.ts';
import type { Service } from './service.ts';

export interface RunOptions {
  readonly start: () => Promise<Service>;
  readonly drainMs: number;
  readonly logger: Logger;
}

/**
 * Runs the service as a process until SIGTERM or SIGINT, then stops it gracefully within a bounded time. A
 * second signal ends it at once.
 * @returns never: the process exits, with 0 after a successful stop
 */
export async function runProcess({ start, drainMs, logger }: RunOptions): Promise<void> {
  let stopping = false;
  const signalled = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      logger.info('stopping', { signal });
      signalled.resolve();
    });
  }
  try {
    const service = await start();
    await signalled.promise;
    setTimeout(() => {
      logger.error('the stop took too long');
      process.exit(1);
    }, drainMs + STOP_MARGIN_MS).unref();
    await service.stop();
    process.exit(0);
  } catch (error) {
    logger.error('the service ends', { error });
    process.exit(1);
  }
}
