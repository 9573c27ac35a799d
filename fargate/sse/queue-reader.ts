import { isEphemeralNotification, readEphemeralNotification } from '../../backbone/domain/ephemeral-event.ts';
import { isLatestNotification, readLatestNotification } from '../../backbone/domain/latest-event.ts';
import { parseJsonObject, readNotification } from '../../backbone/domain/notification.ts';
import { isPresenceNotification, type Notified, readPresenceNotification } from '../../backbone/domain/presence.ts';
import type { Clock } from '../../backbone/ports.ts';
import type { Logger } from '../../backbone/telemetry/logger.ts';
import { backoffMs, FULL_JITTER, jittered } from '../../packages/protocol/backoff.ts';
import { InvalidInputError } from '../../packages/protocol/invalid-input.ts';
import { MessageDeletions } from './message-deletions.ts';
import { MESSAGES_PER_CALL, type QueueMessage, type TaskQueue } from './ports.ts';

export interface QueueReaderOptions {
  readonly queue: TaskQueue;
  /** The body that announces that ECS stops this task. */
  readonly announcement: string;
  /** Called for each such message: there may be several. */
  readonly onAnnounced: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes notifications; a receiver waits for it before it passes more. */
  readonly offer: (events: readonly Notified[]) => Promise<void>;
  /** @default Math.random */
  readonly random?: () => number;
}

/**
 * Receivers, each of which has one call in flight. One waits while nothing comes. While something comes there are two, so
 * that one waits while the other is under way. Sixteen take 5,000 messages a second even at 30 ms a call.
 */
const RECEIVERS = { idle: 1, busy: 2, most: 16 } as const;

const BACKOFF = { firstMs: 250, mostMs: 10_000 };

/**
 * Reads the task's queue until the signal aborts, with as many receivers as the load needs. Their order does not matter,
 * since the log decides. Never rejects: failures are logged and tried again.
 */
export async function readQueue(options: QueueReaderOptions, signal: AbortSignal): Promise<void> {
  const { queue, clock, logger, offer, random = Math.random } = options;
  const deletions = new MessageDeletions(options, signal);
  const running = new Set<Promise<void>>();
  let receivers = 0;
  /** How many of them wait for the hub. */
  let offering = 0;
  let failures = 0;

  function start(): void {
    receivers++;
    const receiver = receiveLoop().finally(() => running.delete(receiver));
    running.add(receiver);
  }

  async function receiveLoop(): Promise<void> {
    let isWanted = true;
    while (isWanted && !signal.aborted) {
      try {
        const messages = await queue.receive(signal);
        failures = 0;
        isWanted = follow(changeOfReceivers(receivers, messages.length, offering > 0));
        await handOver(messages);
      } catch (error) {
        if (signal.aborted) return;
        logger.error('could not read the queue of this task', { error });
        // One is enough to try again.
        if (isWanted && receivers > RECEIVERS.idle) isWanted = follow(-1);
        else if (isWanted) await clock.sleep(jittered(backoffMs(BACKOFF, failures++), FULL_JITTER, random), signal).catch(() => {});
      }
    }
  }

  /** @returns whether the receiver that calls it goes on */
  function follow(change: -1 | 0 | 1): boolean {
    if (change > 0) start();
    if (change < 0) receivers--;
    return change >= 0;
  }

  async function handOver(messages: readonly QueueMessage[]): Promise<void> {
    const events = messages.flatMap(({ body }) => read(body, options));
    offering++;
    try {
      if (events.length > 0) await offer(events);
    } finally {
      offering--;
    }
    // A notification is a hint, so its message can be deleted once it was handed over.
    await deletions.add(messages);
  }

  start();
  // Those that run may start others.
  while (running.size > 0) await Promise.all(running);
  await deletions.finish();
}

/**
 * How many more or fewer receivers, after one of them has received this many messages. A full call says that there may be more
 * to get; one less than half full, that fewer receivers would do. While the hub asks to wait, more receivers would only hold
 * more in memory.
 */
function changeOfReceivers(receivers: number, received: number, isHubBehind: boolean): -1 | 0 | 1 {
  const least = received > 0 ? RECEIVERS.busy : RECEIVERS.idle;
  const most = isHubBehind ? RECEIVERS.busy : RECEIVERS.most;
  if (receivers < least || (received === MESSAGES_PER_CALL && receivers < most)) return 1;
  if (receivers > least && (received < MESSAGES_PER_CALL / 2 || isHubBehind)) return -1;
  return 0;
}

function read(body: string, { announcement, onAnnounced, logger }: QueueReaderOptions): readonly Notified[] {
  if (body === announcement) {
    onAnnounced();
    return [];
  }
  try {
    const fields = parseJsonObject(body);
    if (isPresenceNotification(fields)) return [readPresenceNotification(fields)];
    if (isEphemeralNotification(fields)) return [readEphemeralNotification(fields)];
    return isLatestNotification(fields) ? readLatestNotification(fields) : readNotification(fields);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    // The text is not logged: it may contain event data.
    logger.warn('message is not a notification', { code: error.code, chars: body.length });
    return [];
  }
}
