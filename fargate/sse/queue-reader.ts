import { isEphemeralNotification, readEphemeralNotification } from '../../backbone/domain/ephemeral-event.ts';
import { parseJsonObject, readNotification } from '../../backbone/domain/notification.ts';
import { isPresenceNotification, type Notified, readPresenceNotification } from '../../backbone/domain/presence.ts';
import type { Clock } from '../../backbone/ports.ts';
import type { Logger } from '../../backbone/telemetry/logger.ts';
import { backoffMs, FULL_JITTER, jittered } from '../../packages/protocol/backoff.ts';
import { InvalidInputError } from '../../packages/protocol/invalid-input.ts';
import type { QueueMessage, TaskQueue } from './ports.ts';

export interface QueueReaderOptions {
  readonly queue: TaskQueue;
  /** The body that announces that ECS stops this task. */
  readonly announcement: string;
  /** Called for each such message: there may be several. */
  readonly onAnnounced: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes notifications; the reader waits for it before it passes more. */
  readonly offer: (events: readonly Notified[]) => Promise<void>;
  /** @default Math.random */
  readonly random?: () => number;
}

/**
 * Calls in flight. Each takes one round trip and returns up to 10 messages. Their order does not matter,
 * since the log decides.
 */
const RECEIVERS = 2;

const BACKOFF = { firstMs: 250, mostMs: 10_000 };

/** Reads the task's queue until the signal aborts. Never rejects: failures are logged and tried again. */
export async function readQueue(options: QueueReaderOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: RECEIVERS }, () => receiveLoop(options, signal)));
}

async function receiveLoop(options: QueueReaderOptions, signal: AbortSignal): Promise<void> {
  const { queue, clock, logger, offer, random = Math.random } = options;
  let failures = 0;
  let deleting: Promise<void> = Promise.resolve();
  while (!signal.aborted) {
    try {
      const messages = await queue.receive(signal);
      const events = messages.flatMap(({ body }) => read(body, options));
      if (events.length > 0) await offer(events);
      // A notification is a hint, so its message can be deleted once it was handed over. The next call does
      // not wait for the deletion.
      await deleting;
      deleting = deleteAll(messages, options);
      failures = 0;
    } catch (error) {
      if (signal.aborted) break;
      logger.error('could not read the queue of this task', { error });
      await clock.sleep(jittered(backoffMs(BACKOFF, failures++), FULL_JITTER, random), signal).catch(() => {});
    }
  }
  await deleting;
}

function read(body: string, { announcement, onAnnounced, logger }: QueueReaderOptions): readonly Notified[] {
  if (body === announcement) {
    onAnnounced();
    return [];
  }
  try {
    const fields = parseJsonObject(body);
    if (isPresenceNotification(fields)) return [readPresenceNotification(fields)];
    return isEphemeralNotification(fields) ? [readEphemeralNotification(fields)] : readNotification(fields);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    // The text is not logged: it may contain event data.
    logger.warn('message is not a notification', { code: error.code, chars: body.length });
    return [];
  }
}

async function deleteAll(messages: readonly QueueMessage[], { queue, logger }: QueueReaderOptions): Promise<void> {
  if (messages.length === 0) return;
  try {
    await queue.delete(messages);
  } catch (error) {
    logger.warn('could not delete messages: they will be received again', { error });
  }
}
