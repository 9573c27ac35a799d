/** A thread that serves streams over a log of its own, in memory. */
import { runThread } from '../../../fargate/threads/thread.ts';
import { startMemoryServer } from './memory-service.ts';

runThread(startMemoryServer);
