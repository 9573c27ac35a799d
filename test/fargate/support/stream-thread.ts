/** A thread that serves streams over a log of its own, in memory, in which the channel `demo` has been used. */
import { MemoryEventLog } from '../../../backbone/memory/memory-event-log.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { runThread } from '../../../fargate/threads/thread.ts';
import { startMemoryServer } from './memory-service.ts';

runThread(async (options) => {
  const log = new MemoryEventLog({ clock: systemClock, retentionMs: 3_600_000 });
  await log.allocate('demo');
  return startMemoryServer({ ...options, log });
});
