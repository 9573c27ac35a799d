/** The service as a process of its own, on ports in memory: for signals, which a test cannot send to itself. `argv[2]` is the drain time. */

import { createLogger } from '../../../../backbone/telemetry/logger.ts';
import { MemoryTaskQueue } from '../../../../fargate/sse/memory/memory-task-queue.ts';
import { runProcess } from '../../../../fargate/sse/run.ts';
import { startMemoryService } from './memory-service.ts';

const writeLine = (line: string) => process.stdout.write(`${line}\n`);
const drainMs = Number(process.argv[2]);
const logger = createLogger('sse', writeLine);
const queue = new MemoryTaskQueue();
const close = queue.close.bind(queue);
queue.close = async () => {
  await close();
  logger.info('queue closed');
};

await runProcess({
  drainMs,
  logger,
  start: () => startMemoryService({ config: { drainSeconds: drainMs / 1_000 }, queue, logger, writeMetrics: writeLine }),
});
