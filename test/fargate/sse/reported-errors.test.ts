import { expect, test } from '@jest/globals';
import { METRICS } from '../../../backbone/contract.ts';
import { MemoryEventLog } from '../../../backbone/memory/memory-event-log.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { MemoryTaskQueue } from '../../../fargate/sse/memory/memory-task-queue.ts';
import { startMemoryServer, startMemoryService } from './support/memory-service.ts';

test('a task reports the failures of its streams and its queue, each once', async () => {
  const queue = new MemoryTaskQueue();
  queue.failures.push(new Error('not allowed'));
  const log = new MemoryEventLog({ clock: systemClock, retentionMs: 3_600_000 });
  log.append = () => Promise.reject(new Error('throttled'));
  const lines: string[] = [];
  const service = await startMemoryService({
    queue,
    startServer: () => startMemoryServer({ log }),
    writeMetrics: (line) => lines.push(line),
  });
  const response = await fetch(`http://127.0.0.1:${service.port}/v1/channels/demo/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"data":"x"}',
  });
  await response.text();
  await service.stop();

  expect(response.status).toBe(503);
  const reported = lines.map((line) => JSON.parse(line)[METRICS.unexpectedErrors]);
  expect(reported.reduce((sum, errors) => sum + errors, 0)).toBe(2);
});
