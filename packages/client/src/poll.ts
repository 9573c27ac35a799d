import type { PollResponse } from '../../protocol/index.ts';
import type { Feed } from './feed.ts';
import { type HttpLane, requestJson } from './http.ts';
import { wait } from './wait.ts';

/**
 * Feeds a subscription by long polling until it breaks or `signal` is aborted (then it rejects), or until
 * `untilMs`.
 */
export async function followByPolling(feed: Feed, lane: HttpLane, signal: AbortSignal, untilMs: number): Promise<void> {
  const { channel, order, rider } = feed;
  const { answerTimeoutMs, pollIntervalMs, pollWaitSeconds } = lane.options;
  // The first answer shows that polling works, and brings the baseline. So it must not wait for an event: if
  // the connection were cut during the wait, the event would be lost.
  for (let isFirst = true; Date.now() < untilMs; isFirst = false) {
    const waitSeconds = isFirst ? 0 : pollWaitSeconds;
    const startedAtMs = Date.now();
    const after = order.cursor;
    const query = new URLSearchParams({ channel, waitSeconds: `${waitSeconds}`, ...(after !== undefined && { after }), ...rider?.query() });
    const init = { headers: { accept: 'application/json' } };
    const answer = await requestJson<PollResponse>(lane, `/v1/events?${query}`, init, signal, waitSeconds * 1_000 + answerTimeoutMs);
    const resumesAfter = isFirst ? after : undefined;
    if (resumesAfter !== undefined) feed.report({ kind: 'resuming', after: resumesAfter });
    for (const { reason } of answer.resets ?? []) feed.take(order.reset(reason, answer.events.length === 0 ? answer.cursor : undefined));
    for (const event of answer.events) feed.take(order.next({ kind: 'event', ...event }));
    for (const event of answer.ephemeral ?? []) feed.take([{ kind: 'event', id: '', ...event }]);
    for (const update of answer.presence ?? []) rider?.take(update);
    if (answer.cursor) feed.take(order.settle(answer.cursor));
    if (resumesAfter !== undefined) feed.report({ kind: 'resumed', after: resumesAfter, replayed: answer.events.length });
    feed.live();
    if (answer.events.length === 0 && !answer.ephemeral && !isFirst) await wait(startedAtMs + pollIntervalMs - Date.now(), signal);
  }
}
