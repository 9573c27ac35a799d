import { parseJsonObject, readNotification } from '../../../backbone/domain/notification.ts';
import type { QueueReaderOptions } from '../../../fargate/sse/queue-reader.ts';

/** How a task read its queue before ADR 59, to compare with: two receivers, and each deletes what one call has brought. */
export async function readWithTwoReceivers(options: QueueReaderOptions, signal: AbortSignal): Promise<void> {
  await Promise.all([receiveLoop(options, signal), receiveLoop(options, signal)]);
}

async function receiveLoop({ queue, offer }: QueueReaderOptions, signal: AbortSignal): Promise<void> {
  let deleting: Promise<void> = Promise.resolve();
  while (!signal.aborted) {
    const messages = await queue.receive(signal).catch((error) => {
      if (signal.aborted) return [];
      throw error;
    });
    const events = messages.flatMap(({ body }) => readNotification(parseJsonObject(body)));
    if (events.length > 0) await offer(events);
    await deleting;
    deleting = messages.length > 0 ? queue.delete(messages) : Promise.resolve();
  }
  await deleting;
}
