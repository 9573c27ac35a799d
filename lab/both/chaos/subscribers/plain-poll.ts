import type { PollResponse } from '../../../../packages/protocol/index.ts';
import { Journal } from '../journal.ts';
import { pause } from '../pause.ts';
import { HeldToken } from '../tokens.ts';
import type { Subscriber, SubscriberOptions } from './subscriber.ts';

const WAIT_SECONDS = 3;
const ANSWER_TIMEOUT_MS = 10_000;
const RETRY_MS = { min: 100, max: 1_000 };

/** A program that polls by `fetch`, over several channels with one composite cursor. */
export function plainPoll({ name, channels, urls, random, newToken }: SubscriberOptions): Subscriber {
  const journals = channels.map((channel) => new Journal(name, channel, 'inOrder'));
  const token = new HeldToken(newToken);
  const stopped = new AbortController();
  const established = journals.map((journal) => journal.start());
  let cursor: string | undefined;

  function take(answer: PollResponse): void {
    for (const reset of answer.resets ?? []) journals.find((journal) => journal.channel === reset.channel)?.reset({ reason: reset.reason });
    for (const event of answer.events) journals.find((journal) => journal.channel === event.channel)?.event(event);
    if (cursor === undefined) for (const begin of established) begin();
    cursor = answer.cursor;
  }

  async function pollOnce(): Promise<void> {
    const query = new URLSearchParams(channels.map((channel) => ['channel', channel]));
    if (cursor !== undefined) query.set('after', cursor);
    query.set('waitSeconds', cursor === undefined ? '0' : `${WAIT_SECONDS}`);
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
    const headers = { accept: 'application/json', authorization: token.authorization };
    const response = await fetch(`${urls.http}/v1/events?${query}`, { headers, signal });
    if (response.status === 401) token.refuse();
    if (response.status !== 200) throw new Error(`the poll answered ${response.status}: ${await response.text()}`);
    take((await response.json()) as PollResponse);
  }

  async function live(): Promise<void> {
    while (!stopped.signal.aborted) {
      await pollOnce().catch((error: unknown) => {
        for (const journal of journals) journal.note(String(error));
        return pause(random.between(RETRY_MS.min, RETRY_MS.max), stopped.signal);
      });
    }
  }

  const living = live();
  return {
    name,
    journals,
    calm: () => undefined,
    stop() {
      for (const journal of journals) journal.leave();
      stopped.abort();
      return living;
    },
  };
}
