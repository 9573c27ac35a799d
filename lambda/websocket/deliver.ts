import type { Clock } from '../../backbone/ports.ts';
import { InvalidInputError } from '../../packages/protocol/invalid-input.ts';
import type { Telemetry } from '../telemetry.ts';
import { type DeliveryWork, parseDeliveryWork } from './delivery-work.ts';
import { beginEphemeral } from './fan-out-ephemeral.ts';
import { beginFanOut, type FanOutContext, type Tally } from './fan-out-event.ts';
import type { ConnectionPoster, ConnectionStore, DeliveryQueue } from './ports.ts';
import { openPosting, type PostingOptions } from './posting.ts';

export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
}

export interface DeliverDependencies {
  readonly store: Pick<ConnectionStore, 'subscribers' | 'forget' | 'close'>;
  readonly poster: ConnectionPoster;
  readonly queue: DeliveryQueue;
  readonly clock: Clock;
  readonly random: () => number;
  /** Posts in flight, over all records of the invocation. */
  readonly postConcurrency: number;
}

export interface DeliveryReport extends Tally {
  /** Records whose work was neither finished nor queued: the queue must deliver them again. */
  readonly unfinished: readonly string[];
}

/**
 * Delivers a batch of the topic's queue and of the delivery queue. Records of one channel begin one after
 * another, so that each connection gets their events in order; channels run concurrently.
 * @param deadlineMs when posting ends; what is left is then queued, which takes some time of its own
 */
export async function deliver(
  records: readonly QueueRecord[],
  deadlineMs: number,
  deps: DeliverDependencies,
  telemetry: Telemetry,
): Promise<DeliveryReport> {
  const tally: Tally = {
    deliveries: 0,
    latenciesMs: [],
    goneConnections: 0,
    closedConnections: 0,
    throttledPosts: 0,
    undeliverable: 0,
    ephemeralDropped: 0,
  };
  const unfinished: string[] = [];
  const postingOptions: PostingOptions = {
    ...deps,
    concurrency: deps.postConcurrency,
    deadlineMs,
    onPost: (outcome) => {
      if (outcome.kind === 'throttled') tally.throttledPosts++;
    },
  };
  const posting = openPosting(postingOptions);
  const ephemeralPosting = openPosting({ ...postingOptions, tries: 1 });
  const context: FanOutContext = { ...deps, posting, deadlineMs, tally, telemetry };
  const giveBack = ({ messageId }: QueueRecord, error: unknown) => {
    unfinished.push(messageId);
    if (error instanceof InvalidInputError) telemetry.error('malformed message', { messageId, code: error.code, reason: error.message });
    else telemetry.error('record not finished', { messageId, error });
  };

  const deliverInOrder = async (pending: readonly PendingDelivery[]): Promise<void> => {
    const finishing: Promise<void>[] = [];
    for (const { record, work } of pending) {
      try {
        const { finished } =
          work.kind === 'ephemeral'
            ? await beginEphemeral(work.event, { ...context, posting: ephemeralPosting })
            : await beginFanOut(work, context);
        finishing.push(finished.catch((error: unknown) => giveBack(record, error)));
      } catch (error) {
        giveBack(record, error);
      }
    }
    await Promise.all(finishing);
  };

  try {
    await Promise.all([...pendingByChannel(records, giveBack).values()].map(deliverInOrder));
  } finally {
    posting.close();
    ephemeralPosting.close();
  }
  return { ...tally, unfinished };
}

interface PendingDelivery {
  readonly record: QueueRecord;
  readonly work: DeliveryWork;
}

function pendingByChannel(
  records: readonly QueueRecord[],
  giveBack: (record: QueueRecord, error: unknown) => void,
): ReadonlyMap<string, readonly PendingDelivery[]> {
  const byChannel = new Map<string, PendingDelivery[]>();
  for (const record of records) {
    try {
      const work = parseDeliveryWork(record.body);
      if (work !== undefined) byChannel.set(work.channel, [...(byChannel.get(work.channel) ?? []), { record, work }]);
    } catch (error) {
      giveBack(record, error);
    }
  }
  return byChannel;
}
