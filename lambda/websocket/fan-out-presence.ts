import pLimit from 'p-limit';
import { parseJsonObject } from '../../backbone/domain/notification.ts';
import { isPresenceNotification, readPresenceNotification, toPresenceResponse } from '../../backbone/domain/presence.ts';
import type { PresenceStore } from '../../backbone/ports.ts';
import type { PresenceChange } from '../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import type { Telemetry } from '../telemetry.ts';
import type { DeliverDependencies, QueueRecord } from './deliver.ts';
import { presenceOf } from './domain/connection.ts';
import type { SubscribedConnection } from './domain/delivery-job.ts';
import { encodePresenceFrames } from './domain/presence-frames.ts';
import { CUT_PAGE_SIZE, type ForgetContext, forget } from './fan-out-event.ts';
import { pacedPoster } from './paced-poster.ts';
import { openPosting, type Posting } from './posting.ts';

export interface PresenceFanOutDependencies extends Omit<DeliverDependencies, 'queue'> {
  readonly presence: Pick<PresenceStore, 'read'>;
  /** The most posts per second of the invocation. */
  readonly postsPerSecond: number;
}

/** Counts of one invocation. */
export interface PresenceTally {
  goneConnections: number;
  closedConnections: number;
  throttledPosts: number;
  /** Connections that did not get a change. */
  presenceDropped: number;
}

export interface PresenceReport extends PresenceTally {
  /** Records whose channel could not be read, and those that are malformed: the queue must deliver them again. */
  readonly unfinished: readonly string[];
}

/** Channels at once. Each holds up to 1,000 members in memory. */
const CHANNELS_AT_ONCE = 4;

/**
 * Tells those who follow the presence of channels what has changed there, all changes of a channel in one frame. What the
 * frame says is read now: notifications only tell who has changed. So it does not matter in which order they come, or how
 * often.
 *
 * What cannot be posted is dropped and counted: the client finds that its state is another, and asks.
 * @param deadlineMs when posting ends
 */
export async function fanOutPresence(
  records: readonly QueueRecord[],
  deadlineMs: number,
  deps: PresenceFanOutDependencies,
  telemetry: Telemetry,
): Promise<PresenceReport> {
  const { clock } = deps;
  const tally: PresenceTally = { goneConnections: 0, closedConnections: 0, throttledPosts: 0, presenceDropped: 0 };
  const unfinished: string[] = [];
  const posting = openPosting({
    ...deps,
    poster: pacedPoster(deps.poster, deps.postsPerSecond, clock),
    concurrency: deps.postConcurrency,
    deadlineMs,
    onPost: (outcome) => {
      if (outcome.kind === 'throttled') tally.throttledPosts++;
    },
  });
  const context = { ...deps, posting, deadlineMs, tally, telemetry };
  const limit = pLimit(CHANNELS_AT_ONCE);
  const fanOut = async ([channel, { messageIds, members }]: [string, Pending]): Promise<void> => {
    try {
      await tellChannel(channel, members, context);
    } catch (error) {
      telemetry.error('changes of presence not told', { channel, error });
      unfinished.push(...messageIds);
    }
  };
  const { pending, malformed } = gather(records, telemetry);
  try {
    await Promise.all([...pending].map((one) => limit(fanOut, one)));
  } finally {
    posting.close();
  }
  return { ...tally, unfinished: [...malformed, ...unfinished] };
}

/** What a batch of messages says of one channel. */
interface Pending {
  readonly messageIds: string[];
  readonly members: Set<string>;
}

function gather(records: readonly QueueRecord[], telemetry: Telemetry): { pending: ReadonlyMap<string, Pending>; malformed: string[] } {
  const pending = new Map<string, Pending>();
  const malformed: string[] = [];
  for (const { messageId, body } of records) {
    try {
      const fields = parseJsonObject(body);
      if (!isPresenceNotification(fields)) throw new InvalidInputError('invalid_body', `${quote(body)} is not about presence`);
      const { channel, changes } = readPresenceNotification(fields);
      const ofChannel = pending.get(channel) ?? { messageIds: [], members: new Set() };
      pending.set(channel, ofChannel);
      ofChannel.messageIds.push(messageId);
      for (const { member } of changes) ofChannel.members.add(member);
    } catch (error) {
      malformed.push(messageId);
      telemetry.error('malformed message', { messageId, error });
    }
  }
  return { pending, malformed };
}

type PresenceContext = PresenceFanOutDependencies & ForgetContext & { readonly posting: Posting; readonly tally: PresenceTally };

async function tellChannel(channel: string, members: ReadonlySet<string>, context: PresenceContext): Promise<void> {
  const { store, presence, clock, deadlineMs, tally } = context;
  const name = presenceOf(channel);
  let page = await store.subscribers(name, CUT_PAGE_SIZE);
  if (page.subscribers.length === 0 && page.next === undefined) return;
  const { count, members: listed, state } = toPresenceResponse(channel, await presence.read(channel));
  const changes = listed && changesOf(members, listed);
  const frames = encodePresenceFrames({ channel, count, ...(changes && { changes }), state });
  for (;;) {
    await Promise.all(page.subscribers.map((subscriber) => tell(name, subscriber, frames, context)));
    if (page.next === undefined) return;
    if (clock.nowMs() >= deadlineMs) break;
    page = await store.subscribers(name, CUT_PAGE_SIZE, page.next);
  }
  // Counts as one: nobody knows how many connections have not been read.
  tally.presenceDropped++;
}

function changesOf(ids: ReadonlySet<string>, listed: readonly PresenceChange[]): readonly PresenceChange[] {
  const present = listed.filter(({ id }) => ids.has(id));
  const left = new Set(ids);
  for (const { id } of present) left.delete(id);
  return [...present, ...[...left].map((id) => ({ id, connections: 0 }))];
}

async function tell(name: string, subscriber: SubscribedConnection, frames: readonly string[], context: PresenceContext): Promise<void> {
  const { posting, tally } = context;
  const posts = await Promise.all(frames.map((frame) => posting.post(subscriber.connectionId, frame)));
  const failed = posts.find(({ kind }) => kind !== 'sent');
  if (failed === undefined) return;
  if (failed.kind !== 'gone') {
    tally.presenceDropped++;
    return;
  }
  tally.goneConnections++;
  await forget(name, subscriber, context);
}
