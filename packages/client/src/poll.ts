import type { PollResponse } from '../../protocol/index.ts';
import { addRiders, joinCursors, joinPairs, splitCursor, statesOf } from './cursors.ts';
import type { Feed } from './feed.ts';
import { type HttpLane, requestJson } from './http.ts';
import type { Feeds } from './shared-requests.ts';
import { wait } from './wait.ts';

/**
 * Feeds subscriptions by long polling until it breaks or `signal` is aborted (then it rejects), or until
 * `untilMs`.
 * @param live called when a poll is answered
 */
export async function followByPolling(feeds: Feeds, lane: HttpLane, signal: AbortSignal, live: () => void, untilMs: number): Promise<void> {
  const { pollIntervalMs, pollWaitSeconds } = lane.options;
  const states = new Map(statesOf(feeds));
  // The first answer shows that polling works, and brings the baseline. So it must not wait for an event: if
  // the connection were cut during the wait, the event would be lost.
  for (let isFirst = true; Date.now() < untilMs; isFirst = false) {
    const startedAtMs = Date.now();
    const answer = await pollOnce(feeds, lane, signal, { waitSeconds: isFirst ? 0 : pollWaitSeconds, isFirst, states });
    // What the server has told, and not what is held: a task that is behind would tell it again and again.
    for (const { channel, state } of answer.latest ?? []) states.set(channel, state);
    live();
    if (answer.events.length === 0 && !answer.ephemeral && !answer.latest && !isFirst) {
      await wait(startedAtMs + pollIntervalMs - Date.now(), signal);
    }
  }
}

/** Hands over the last events to those that begin with them: a request for several has one `last` for all. */
export async function beginWithLast(feeds: Feeds, lane: HttpLane, signal: AbortSignal): Promise<void> {
  for (const [channel, feed] of [...feeds]) {
    if (feed.last === undefined || feed.order.cursor !== undefined) continue;
    await pollOnce(new Map([[channel, feed]]), lane, signal, { waitSeconds: 0, isFirst: true, states: new Map(), last: feed.last });
  }
}

interface Poll {
  readonly waitSeconds: number;
  /** Resumes are reported. */
  readonly isFirst: boolean;
  readonly states: ReadonlyMap<string, string>;
  readonly last?: number;
}

async function pollOnce(feeds: Feeds, lane: HttpLane, signal: AbortSignal, poll: Poll): Promise<PollResponse> {
  const { waitSeconds, isFirst, states, last } = poll;
  const channels = [...feeds.keys()];
  const query = new URLSearchParams(channels.map((channel) => ['channel', channel]));
  query.set('waitSeconds', `${waitSeconds}`);
  const after = joinCursors(feeds);
  if (after !== undefined) query.set('after', after);
  if (last !== undefined) query.set('last', `${last}`);
  if (states.size > 0) query.set('state', joinPairs(states));
  addRiders(query, feeds);
  const resumesAfter = new Map([...feeds].map(([channel, { order }]) => [channel, isFirst ? order.cursor : undefined]));
  const init = { headers: { accept: 'application/json' } };
  const timeoutMs = waitSeconds * 1_000 + lane.options.answerTimeoutMs;
  const answer = await requestJson<PollResponse>(lane, `/v1/events?${query}`, init, signal, timeoutMs);
  const cursor = new Map(answer.cursor ? splitCursor(answer.cursor, channels) : []);
  for (const [channel, feed] of [...feeds]) receive(answer, channel, cursor.get(channel), feed, resumesAfter.get(channel));
  return answer;
}

/** @param cursor undefined if the channel has no positions */
function receive(answer: PollResponse, channel: string, cursor: string | undefined, feed: Feed, resumesAfter: string | undefined): void {
  const { order, latest, rider } = feed;
  const answeredAtMs = performance.now();
  const ours = (given: { readonly channel: string }) => given.channel === channel;
  const events = answer.events.filter(ours);
  if (resumesAfter !== undefined) feed.report({ kind: 'resuming', after: resumesAfter });
  for (const { reason } of answer.resets?.filter(ours) ?? []) feed.take(order.reset(reason, events.length === 0 ? cursor : undefined));
  for (const event of events) feed.take(order.next({ kind: 'event', ...event }));
  for (const event of answer.ephemeral?.filter(ours) ?? []) feed.take([{ kind: 'event', id: '', ...event }]);
  for (const { entries, snapshot } of answer.latest?.filter(ours) ?? []) {
    feed.take(latest.offer(entries));
    if (snapshot) feed.take(latest.complete(answeredAtMs));
  }
  for (const update of answer.presence?.filter(ours) ?? []) rider?.take(update);
  if (cursor !== undefined) feed.take(order.settle(cursor));
  if (resumesAfter !== undefined) feed.report({ kind: 'resumed', after: resumesAfter, replayed: events.length });
  feed.live();
}
