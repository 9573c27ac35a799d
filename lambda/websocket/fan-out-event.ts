import type { Clock } from '../../backbone/ports.ts';
import type { LogFields } from '../../backbone/telemetry/logger.ts';
import { type Hop, latencyOf, traceEvent } from '../../backbone/telemetry/trace.ts';
import { backoffMs, HALF_JITTER, jittered } from '../../packages/protocol/backoff.ts';
import type { Telemetry } from '../telemetry.ts';
import type { DeliveryWork } from './delivery-work.ts';
import { type DeliveryJob, FROM_THE_FIRST, type SubscribedConnection } from './domain/delivery-job.ts';
import { areLatest, channelOf, framesOf, type PublishedTogether, stillCurrent } from './domain/published-together.ts';
import type { ConnectionStore, DeliveryQueue, SubscriptionPage } from './ports.ts';
import type { Delivery, Posting } from './posting.ts';

/**
 * Subscribers per job and on the first page. They take about 60 bytes each, so that a job with the largest
 * batch fits into a message of 256 KiB. One core posts to that many in a twentieth of a second (`npm run
 * bench:fan-out`), and 20 jobs use up one second of the 10,000 requests per second that API Gateway gives an
 * account.
 */
export const JOB_SIZE = 500;

/**
 * Subscribers per read when cutting jobs, which are queued together: 0.7 MB of the 1 MB that DynamoDB reads
 * at once.
 */
export const CUT_PAGE_SIZE = 8 * JOB_SIZE;

/**
 * How many invocations try a connection before its event goes to the dead-letter queue. With the delays
 * between them, about half a minute.
 */
export const MAX_ATTEMPTS = 5;

/**
 * How many closed connections an invocation also removes from all other tables. If thousands closed at once,
 * the events of their other channels, or the sweep, find the rest.
 */
export const MAX_CLOSES = 200;

/** Counts of one invocation. */
export interface Tally {
  deliveries: number;
  /**
   * For each part of an event: milliseconds from its publication until its first round of posts was finished.
   */
  readonly latenciesMs: number[];
  goneConnections: number;
  /** How many of them had their other rows deleted too. */
  closedConnections: number;
  throttledPosts: number;
  undeliverable: number;
  /** Events of ephemeral channels times the connections that did not get them. */
  ephemeralDropped: number;
}

export interface FanOutContext {
  readonly store: Pick<ConnectionStore, 'subscribers' | 'forget' | 'close'>;
  readonly posting: Posting;
  readonly queue: DeliveryQueue;
  readonly clock: Clock;
  readonly random: () => number;
  readonly deadlineMs: number;
  readonly tally: Tally;
  readonly telemetry: Telemetry;
}

/**
 * Begins to deliver events to their whole channel, or to the part that a job names. The first page is posted
 * here; every further page becomes a job, so that parts of a large channel run concurrently.
 * @returns once the posts are in flight, so that the channel's next events may follow; `finished` resolves
 * when every connection has the events, is gone, or is named by a job or a dead letter. A connection that does not take events of
 * a `latest` channel is named by neither
 */
export async function beginFanOut(
  work: Exclude<DeliveryWork, { readonly kind: 'ephemeral' }>,
  context: FanOutContext,
): Promise<{ readonly finished: Promise<void> }> {
  if (work.kind === 'job') return { finished: fanOutPart(work.job, context) };
  const { channel, events } = work;
  trace(events, 'received', context);
  const [read] = await Promise.allSettled([context.store.subscribers(channel, JOB_SIZE)]);
  if (read.status === 'rejected') return { finished: readLater({ events, attempt: 1, resumeAfter: FROM_THE_FIRST }, read.reason, context) };
  const { subscribers, next } = read.value;
  return { finished: fanOutPart({ events, subscribers, attempt: 1, ...(next === undefined ? {} : { resumeAfter: next }) }, context) };
}

/** Its posts are in flight as soon as this function was called, before it resolves. */
async function fanOutPart({ resumeAfter, ...job }: DeliveryJob, context: FanOutContext): Promise<void> {
  const { attempt } = job;
  const events = stillCurrent(job.events, context.clock.nowMs());
  if (events.length === 0) return;
  await allFinished([
    deliverPart({ ...job, events }, context),
    ...(resumeAfter === undefined ? [] : [cutIntoJobs({ events, attempt, resumeAfter }, context)]),
  ]);
}

/** The subscribers of a channel that have no job yet. */
type Unread = Required<Pick<DeliveryJob, 'events' | 'attempt' | 'resumeAfter'>>;

async function cutIntoJobs({ events, attempt, resumeAfter }: Unread, context: FanOutContext): Promise<void> {
  const channel = channelOf(events);
  const { store, queue, clock, deadlineMs } = context;
  let queueing = Promise.resolve();
  for (let next: string | undefined = resumeAfter; next !== undefined; ) {
    if (clock.nowMs() >= deadlineMs) {
      await allFinished([queueing, queue.enqueue([{ events, subscribers: [], attempt: 1, resumeAfter: next }])]);
      return;
    }
    // The jobs of one page are queued while the next one is read.
    const reading: Promise<SubscriptionPage> = store.subscribers(channel, CUT_PAGE_SIZE, next === FROM_THE_FIRST ? undefined : next);
    const [read] = await Promise.allSettled([reading, queueing]);
    if (read.status === 'rejected') {
      await allFinished([queueing, readLater({ events, attempt, resumeAfter: next }, read.reason, context)]);
      return;
    }
    await queueing;
    queueing = queue.enqueue(jobsOf(events, read.value.subscribers));
    next = read.value.next;
  }
  await queueing;
}

/**
 * Puts back what could not be read, as a job of its own: a record that is given back to SQS returns only after its visibility timeout, which
 * has room for a whole invocation.
 */
async function readLater(
  { events, attempt, resumeAfter }: Unread,
  error: unknown,
  { queue, random, telemetry }: FanOutContext,
): Promise<void> {
  telemetry.warn('subscribers not read', { ...nameOf(events), attempt, error });
  const job = { events, subscribers: [], attempt: attempt + 1, resumeAfter };
  if (attempt >= MAX_ATTEMPTS) await queue.deadLetter({ ...job, attempt });
  else await queue.enqueue([job], delaySeconds(READ_BACKOFF, 2 * (attempt - 1), random));
}

function jobsOf(events: PublishedTogether, subscribers: readonly SubscribedConnection[]): DeliveryJob[] {
  const jobs: DeliveryJob[] = [];
  for (let at = 0; at < subscribers.length; at += JOB_SIZE) {
    jobs.push({ events, subscribers: subscribers.slice(at, at + JOB_SIZE), attempt: 1 });
  }
  return jobs;
}

async function deliverPart({ events, subscribers, attempt }: DeliveryJob, context: FanOutContext): Promise<void> {
  const { posting, queue, random, clock, tally, telemetry } = context;
  const channel = channelOf(events);
  const left: Record<'stuck' | 'untried' | 'refused', SubscribedConnection[]> = { stuck: [], untried: [], refused: [] };
  const reasons = new Set<string>();

  const settle = async (subscriber: SubscribedConnection, delivery: Delivery): Promise<void> => {
    if (delivery.kind === 'sent') {
      tally.deliveries += events.length;
    } else if (delivery.kind === 'gone') {
      tally.goneConnections++;
      await forget(channel, subscriber, context);
    } else {
      left[delivery.kind].push(subscriber);
      if (delivery.kind !== 'untried') reasons.add(delivery.reason);
    }
  };
  const framesFor = framesOnce(events);
  await Promise.all(
    subscribers.map(async (subscriber) => settle(subscriber, await postAll(subscriber.connectionId, framesFor(subscriber), posting))),
  );

  const { stuck, untried, refused } = left;
  // Further rounds are for clients that do not read: their duration says nothing about the lane.
  if (attempt === 1 && untried.length < subscribers.length) {
    const nowMs = clock.nowMs();
    const counts = { connections: subscribers.length, stuck: stuck.length, untried: untried.length };
    for (const event of events) tally.latenciesMs.push(latencyOf(event, nowMs));
    trace(events, 'delivered', context, counts);
  }
  // A newer version may be there before the connection takes this one, and the client's next ping finds what it lacks: so nothing is
  // kept for it.
  const isForgotten = areLatest(events);
  const isLast = isForgotten || attempt >= MAX_ATTEMPTS;
  const undeliverable = isLast ? [...refused, ...stuck] : refused;
  const again = isLast ? [] : stuck;
  if (again.length + undeliverable.length > 0 && !isForgotten) {
    const counts = { again: again.length, undeliverable: undeliverable.length };
    telemetry.warn('event not delivered to all', { ...nameOf(events), attempt, ...counts, reasons: [...reasons] });
  }
  tally.undeliverable += undeliverable.length;
  await allFinished([
    ...(untried.length === 0 ? [] : [queue.enqueue([{ events, subscribers: untried, attempt }])]),
    ...(again.length === 0
      ? []
      : [queue.enqueue([{ events, subscribers: again, attempt: attempt + 1 }], delaySeconds(POST_BACKOFF, attempt - 1, random))]),
    ...(undeliverable.length === 0 || isForgotten ? [] : [queue.deadLetter({ events, subscribers: undeliverable, attempt })]),
  ]);
}

/** Encodes each kind of frames once, and only if a subscriber takes it. */
function framesOnce(events: PublishedTogether): (subscriber: SubscribedConnection) => readonly string[] {
  const encoded = new Map<boolean, readonly string[]>();
  return ({ batch = false }) => {
    const frames = encoded.get(batch) ?? framesOf(events, batch);
    encoded.set(batch, frames);
    return frames;
  };
}

/** The first delivery that is not `sent`, if any: the connection then gets all frames again, and drops those that it has. */
async function postAll(connectionId: string, frames: readonly string[], posting: Posting): Promise<Delivery> {
  const deliveries = await Promise.all(frames.map((frame) => posting.post(connectionId, frame)));
  return deliveries.find(({ kind }) => kind !== 'sent') ?? { kind: 'sent' };
}

/** Names the events in a log line. */
function nameOf(events: PublishedTogether): { readonly [field: string]: unknown } {
  const [first] = events;
  const named = first !== undefined && 'seq' in first ? { epoch: first.epoch, seq: first.seq } : { key: first?.key };
  return { channel: first?.channel, ...named, ...(events.length > 1 && { events: events.length }) };
}

function trace(events: PublishedTogether, hop: Hop, { telemetry, clock }: FanOutContext, fields: LogFields = {}): void {
  // Events of a `latest` channel have no seq, by which all hops agree on what is traced.
  if (!areLatest(events)) for (const event of events) traceEvent(telemetry, hop, event, clock.nowMs(), fields);
}

/** 2 s, 4 s, 8 s, 16 s, jittered. */
const POST_BACKOFF = { firstMs: 2_000, mostMs: 16_000 };

/** 2 s, 8 s, 32 s, 128 s, jittered: one error costs seconds, and a table that is unreachable for two minutes costs no event. */
const READ_BACKOFF = { firstMs: 2_000, mostMs: 128_000 };

/** SQS delays by whole seconds. */
function delaySeconds(backoff: typeof POST_BACKOFF, doublings: number, random: () => number): number {
  return Math.ceil(jittered(backoffMs(backoff, doublings), HALF_JITTER, random) / 1_000);
}

/** What {@link forget} needs. */
export interface ForgetContext extends Pick<FanOutContext, 'clock' | 'deadlineMs' | 'telemetry'> {
  readonly store: Pick<ConnectionStore, 'forget' | 'close'>;
  readonly tally: Pick<Tally, 'closedConnections'>;
}

/**
 * The next event finds rows that could not be deleted. Failing the record instead would repeat this event to
 * everyone.
 */
export async function forget(channel: string, subscriber: SubscribedConnection, context: ForgetContext): Promise<void> {
  const { store, telemetry, tally, clock, deadlineMs } = context;
  const { connectionId } = subscriber;
  try {
    // The row changed after it was read: the connection was closed by somebody else, or has subscribed again.
    if ((await store.forget(channel, subscriber)) === 'changed') return;
    if (tally.closedConnections >= MAX_CLOSES || clock.nowMs() >= deadlineMs) return;
    tally.closedConnections++;
    await store.close(connectionId);
  } catch (error) {
    telemetry.warn('rows of a closed connection not deleted', { channel, connectionId, error });
  }
}

/**
 * Waits for all, whether or not they fail, because Lambda freezes unfinished work when the invocation
 * responds; then throws the first failure.
 */
async function allFinished<W extends readonly Promise<unknown>[] | []>(work: W): Promise<{ -readonly [K in keyof W]: Awaited<W[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
