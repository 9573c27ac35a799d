/** A thread that takes what it is offered only when it is closed, and ends when it is to drain. */
import { runThread } from '../../../fargate/threads/thread.ts';

const closed = Promise.withResolvers<void>();

runThread(async ({ port }) => ({
  port,
  offer: () => closed.promise,
  drain: () => process.exit(3),
  report: async () => ({ openStreams: 0, deliveries: 0, slowStreamsClosed: 0, holesBuried: 0, refusedFull: 0, refusedOverLimit: 0 }),
  close: async () => closed.resolve(),
}));
