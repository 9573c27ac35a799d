import type { PollAnswer } from '../../backbone/protocol.ts';
import type { Feed } from './feed.ts';
import { type HttpLane, requestJson } from './http.ts';
import type { LaneItem } from './types.ts';
import { wait } from './wait.ts';

/** Feeds a subscription by long polling, until it breaks or `signal` is aborted (then it rejects), or until `untilMs`. */
export async function followByPolling(feed: Feed, lane: HttpLane, signal: AbortSignal, untilMs: number): Promise<void> {
  const { channel, order } = feed;
  const { answerTimeoutMs, pollIntervalMs, pollWaitSeconds } = lane.options;
  // Taking may abort the signal: what was not taken then must not be settled, it is asked for again.
  const take = (items: readonly LaneItem[]) => {
    feed.take(items);
    signal.throwIfAborted();
  };
  while (Date.now() < untilMs) {
    const startedAtMs = Date.now();
    const after = order.cursor;
    // The first answer brings the baseline, so it must not wait for an event: were it cut off, the event would be lost.
    const waitSeconds = after === undefined ? 0 : pollWaitSeconds;
    const query = new URLSearchParams({ channel, waitSeconds: `${waitSeconds}`, ...(after !== undefined && { after }) });
    const init = { headers: { accept: 'application/json' } };
    const answer = await requestJson<PollAnswer>(lane, `/v1/events?${query}`, init, signal, waitSeconds * 1_000 + answerTimeoutMs);
    for (const { reason } of answer.resets ?? []) take(order.reset(reason, answer.events.length === 0 ? answer.cursor : undefined));
    for (const event of answer.events) take(order.next({ kind: 'event', ...event }));
    take(order.settle(answer.cursor));
    feed.live();
    if (answer.events.length === 0 && after !== undefined) await wait(startedAtMs + pollIntervalMs - Date.now(), signal);
  }
}
