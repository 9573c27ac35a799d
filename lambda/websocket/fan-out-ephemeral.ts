import { type EphemeralEvent, encodeEphemeralFrame, isTooLate } from '../../backbone/domain/ephemeral-event.ts';
import { latencyOf } from '../../backbone/telemetry/trace.ts';
import type { SubscribedConnection } from './domain/delivery-job.ts';
import { CUT_PAGE_SIZE, type FanOutContext, forget } from './fan-out-event.ts';

/**
 * Posts an event of an ephemeral channel to every connection of the channel, once. What fails is dropped and counted:
 * nothing is queued, and no record is given back, so that durable events never wait for it.
 * @param context its `posting` tries each frame once, and is not the one of durable events
 * @returns once the posts to the first connections are in flight, so that the channel's next event may follow
 */
export async function beginEphemeral(event: EphemeralEvent, context: FanOutContext): Promise<{ readonly finished: Promise<void> }> {
  const read = await context.store.subscribers(event.channel, CUT_PAGE_SIZE).catch((error: unknown) => drop(event, context, error));
  return { finished: read === undefined ? Promise.resolve() : postAll(event, read, context) };
}

async function postAll(
  event: EphemeralEvent,
  first: { readonly subscribers: readonly SubscribedConnection[]; readonly next?: string },
  context: FanOutContext,
): Promise<void> {
  const { store, clock, deadlineMs, tally } = context;
  const isOver = () => isTooLate(event, clock.nowMs()) || clock.nowMs() >= deadlineMs;
  await postPage(event, first.subscribers, isOver, context);
  try {
    for (let { next } = first; next !== undefined; ) {
      if (isOver()) return drop(event, context);
      const page = await store.subscribers(event.channel, CUT_PAGE_SIZE, next);
      await postPage(event, page.subscribers, isOver, context);
      next = page.next;
    }
  } catch (error) {
    return drop(event, context, error);
  }
  tally.latenciesMs.push(latencyOf(event, clock.nowMs()));
}

/** Counts as one: nobody knows how many connections have not been read. */
function drop({ channel }: EphemeralEvent, { tally, telemetry }: FanOutContext, error?: unknown): undefined {
  tally.ephemeralDropped++;
  if (error !== undefined) telemetry.warn('subscribers not read', { channel, error });
}

async function postPage(
  event: EphemeralEvent,
  subscribers: readonly SubscribedConnection[],
  isOver: () => boolean,
  context: FanOutContext,
): Promise<void> {
  const { posting, tally } = context;
  const frame = encodeEphemeralFrame(event);
  const post = async (subscriber: SubscribedConnection): Promise<void> => {
    const { kind } = isOver() ? { kind: 'untried' } : await posting.post(subscriber.connectionId, frame);
    if (kind === 'sent') {
      tally.deliveries++;
    } else if (kind === 'gone') {
      tally.goneConnections++;
      await forget(event.channel, subscriber, context);
    } else {
      tally.ephemeralDropped++;
    }
  };
  await Promise.all(subscribers.map(post));
}
