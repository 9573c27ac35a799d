import { EventSource } from 'eventsource';
import { Journal } from '../journal.ts';
import { pause } from '../pause.ts';
import { parseCompositeId } from '../position.ts';
import { observeStarts } from './stream-starts.ts';
import type { Subscriber, SubscriberOptions } from './subscriber.ts';

/** Between an EventSource that has given up and the next one. */
const REOPEN_MS = { min: 100, max: 800 };

/**
 * A page's plain EventSource, over one channel or several. It resumes by itself; only an answer other than 200 ends it
 * for good (the HTML standard says so), and then the page opens another with the last id that it has seen.
 */
export function eventSource({ name, channels, urls, random, newToken }: SubscriberOptions): Subscriber {
  const journals = channels.map((channel) => new Journal(name, channel, 'inOrder'));
  const journalOf = (channel: string) => journals.find((journal) => journal.channel === channel);
  const stopped = new AbortController();
  let positions: ReadonlyMap<string, string> = new Map();
  let lastEventId: string | undefined;
  let source: EventSource | undefined;
  const starts = observeStarts(journals, (id) => {
    positions = parseCompositeId(id, channels);
  });

  function open(): void {
    const query = new URLSearchParams(channels.map((channel) => ['channel', channel]));
    // All that an EventSource can carry. When it has expired, the answer to the reconnection is 401, which ends it.
    query.set('token', newToken());
    if (lastEventId !== undefined) query.set('lastEventId', lastEventId);
    source = new EventSource(`${urls.http}/v1/events?${query}`, { fetch: starts.fetch });
    for (const type of ['message', 'note', 'reset']) source.addEventListener(type, (event) => take(type, event));
    source.onerror = () => {
      if (source?.readyState === source?.CLOSED) void reopen();
    };
  }

  async function reopen(): Promise<void> {
    if (await pause(random.between(REOPEN_MS.min, REOPEN_MS.max), stopped.signal)) open();
  }

  function take(type: string, event: MessageEvent): void {
    lastEventId = event.lastEventId;
    const now = parseCompositeId(event.lastEventId, channels);
    // The channel of a frame is the one whose position has moved.
    const moved = [...now].filter(([channel, id]) => positions.get(channel) !== id);
    positions = new Map([...positions, ...now]);
    if (type === 'reset') {
      const { channel, reason } = JSON.parse(event.data) as { readonly channel: string; readonly reason: string };
      journalOf(channel)?.reset({ reason, id: now.get(channel) });
      return;
    }
    const [channel, id] = moved.length === 1 ? (moved[0] ?? []) : [channels[0], event.lastEventId];
    journalOf(channel ?? '')?.event({ id: id ?? '', type, data: event.data });
  }

  open();
  return {
    name,
    journals,
    calm: () => undefined,
    async stop() {
      stopped.abort();
      source?.close();
      for (const journal of journals) journal.leave();
    },
  };
}
