/** A thread that takes what it is offered only when it is closed, and ends when it is to drain. */
import { HubCounter } from '../../../fargate/hub/hub-counts.ts';
import { runThread } from '../../../fargate/threads/thread.ts';

const closed = Promise.withResolvers<void>();

runThread(async ({ port }) => ({
  port,
  offer: () => closed.promise,
  drain: () => process.exit(3),
  report: async () => ({ openStreams: 0, failures: 0, overShare: 0, refusedPublications: 0, ...new HubCounter().take() }),
  close: async () => closed.resolve(),
}));
