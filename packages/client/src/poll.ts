import type { PollResponse } from '../../protocol/index.ts';
import { joinCursors, joinPairs, splitCursor, statesOf } from './cursors.ts';
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
  const { answerTimeoutMs, pollIntervalMs, pollWaitSeconds } = lane.options;
  const channels = [...feeds.keys()];
  const states = new Map(statesOf(feeds));
  // The first answer shows that polling works, and brings the baseline. So it must not wait for an event: if
  // the connection were cut during the wait, the event would be lost.
  for (let isFirst = true; Date.now() < untilMs; isFirst = false) {
    const waitSeconds = isFirst ? 0 : pollWaitSeconds;
    const startedAtMs = Date.now();
    const query = new URLSearchParams(channels.map((channel) => ['channel', channel]));
    query.set('waitSeconds', `${waitSeconds}`);
    const after = joinCursors(feeds);
    if (after !== undefined) query.set('after', after);
    if (states.size > 0) query.set('state', joinPairs(states));
    const resumesAfter = new Map([...feeds].map(([channel, { order }]) => [channel, isFirst ? order.cursor : undefined]));
    const init = { headers: { accept: 'application/json' } };
    const answer = await requestJson<PollResponse>(lane, `/v1/events?${query}`, init, signal, waitSeconds * 1_000 + answerTimeoutMs);
    const cursor = new Map(answer.cursor ? splitCursor(answer.cursor, channels) : []);
    for (const [channel, feed] of [...feeds]) receive(answer, channel, cursor.get(channel), feed, resumesAfter.get(channel));
    // What the server has told, and not what is held: a task that is behind would tell it again and again.
    for (const { channel, state } of answer.latest ?? []) states.set(channel, state);
    live();
    if (answer.events.length === 0 && !answer.ephemeral && !answer.latest && !isFirst) {
      await wait(startedAtMs + pollIntervalMs - Date.now(), signal);
    }
  }
}

/** @param cursor undefined if the channel has no positions */
function receive(answer: PollResponse, channel: string, cursor: string | undefined, feed: Feed, resumesAfter: string | undefined): void {
  const { order, latest } = feed;
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
  if (cursor !== undefined) feed.take(order.settle(cursor));
  if (resumesAfter !== undefined) feed.report({ kind: 'resumed', after: resumesAfter, replayed: events.length });
  feed.live();
}
