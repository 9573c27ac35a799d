import type { ChannelKind, KINDS_HEADER, LatestEntry, PresenceChanges, Reset, SnapshotEnd } from '../../protocol/index.ts';
import { addRiders, joinCursors, joinPairs, splitCursor, statesOf } from './cursors.ts';
import { LanesError, toLanesError } from './errors.ts';
import type { Feed } from './feed.ts';
import { type HttpLane, request } from './http.ts';
import { parseObject } from './parse.ts';
import type { Feeds } from './shared-requests.ts';
import { createSseParser, type SseFrame } from './sse-parser.ts';
import { guard } from './wait.ts';

/** A stream says which of its channels are not durable. Ephemeral ones are live when it begins. */
const KINDS: typeof KINDS_HEADER = 'Lanes-Channel-Kinds';

const EPHEMERAL: ChannelKind = 'ephemeral';

/** The error code of a stream whose first bytes did not arrive in time, because a proxy buffers it. */
export const STREAM_BUFFERED = 'held_back';

/** The error code of a stream on which nothing more has come. */
export const SILENT = 'silent';

/**
 * Feeds subscriptions from one event stream until it breaks or `signal` is aborted: then it rejects. The
 * stream is read with `fetch` and not with `EventSource`, which can neither send `Authorization` nor tell why
 * it failed, and which Node does not have.
 *
 * @param live called when a subscription is
 * @param firstBytesTimeoutMs how long the first bytes may take before the stream counts as buffered by a
 * proxy
 */
export async function followStream(
  feeds: Feeds,
  lane: HttpLane,
  signal: AbortSignal,
  live: () => void,
  firstBytesTimeoutMs: number,
): Promise<never> {
  const channels = [...feeds.keys()];
  const query = new URLSearchParams(channels.map((channel) => ['channel', channel]));
  // Otherwise every id would have the positions of all channels.
  if (channels.length > 1) query.set('ids', 'own');
  // In the query and not in `Last-Event-ID`, which would cost other origins a preflight request.
  const after = joinCursors(feeds);
  if (after !== undefined) query.set('lastEventId', after);
  addRiders(query, feeds);
  const states = statesOf(feeds);
  if (states.length > 0) query.set('state', joinPairs(states));
  const watch = guard(signal);
  let retryAfterMs: number | undefined;
  try {
    const init = { headers: { accept: 'text/event-stream' } };
    const limit = [firstBytesTimeoutMs, STREAM_BUFFERED, 'no byte of the stream'] as const;
    const { response, bearer } = await request(lane, `/v1/events?${query}`, init, watch, limit);
    const { body, headers } = response;
    const contentType = headers.get('content-type');
    if (body === null || !/^text\/event-stream\b/i.test(contentType ?? '')) {
      throw new LanesError('not_a_stream', `expected an event stream, got ${contentType}`);
    }
    // A stream has no mark for the end of a replay, so `resumed` is never reported.
    for (const feed of feeds.values()) {
      const { cursor } = feed.order;
      if (cursor !== undefined) feed.report({ kind: 'resuming', after: cursor });
    }
    const openedAtMs = performance.now();
    const kinds = headers.get(KINDS)?.split(',');
    const begins = new Set(channels);
    const goLive = (isLive: (channel: string, index: number) => boolean) => {
      for (const [index, channel] of channels.entries()) {
        if (!begins.has(channel) || !isLive(channel, index)) continue;
        begins.delete(channel);
        feeds.get(channel)?.live();
        live();
      }
    };
    goLive((_, index) => kinds?.[index]?.trim() === EPHEMERAL);
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parse = createSseParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new LanesError('stream_ended', 'the server ended the stream');
      watch.expect(lane.options.silenceTimeoutMs, SILENT, 'nothing on the stream');
      for (const frame of parse(decoder.decode(value, { stream: true }))) {
        retryAfterMs = frame.retryMs ?? retryAfterMs;
        if (frame.event === 'expired') {
          lane.token.refuse(bearer);
          throw new LanesError('token_expired', 'the token has expired');
        }
        receive(frame, feeds, channels, openedAtMs);
        if (begins.size > 0) goLive((channel) => knowsItsPlace(feeds.get(channel)));
      }
    }
  } catch (thrown) {
    const error = toLanesError(watch.signal.aborted ? watch.signal.reason : thrown);
    if (retryAfterMs === undefined || error.code === 'token_expired') throw error;
    // The server gives each stream its own wait, so that after a lost task its clients do not all return at
    // once.
    throw new LanesError(error.code, error.message, { retryAfterMs, cause: error });
  } finally {
    watch.release();
  }
}

function knowsItsPlace(feed: Feed | undefined): boolean {
  return feed !== undefined && (feed.order.cursor ?? feed.latest.state) !== undefined;
}

function receive(frame: SseFrame, feeds: Feeds, channels: readonly string[], openedAtMs: number): void {
  const { channel, id, event: type, data, encoding } = frame;
  if (data !== undefined && (type === 'latest' || type === 'snapshot')) receiveLatest(type, data, feeds, openedAtMs);
  else if (data !== undefined && type === 'presence') receivePresence(data, feeds);
  else if (channel !== undefined) {
    if (data !== undefined) feeds.get(channel)?.take([{ kind: 'event', channel, id: '', type, data, ...(encoding && { encoding }) }]);
  } else if (id !== undefined) for (const [of, at] of splitCursor(id, channels)) receiveAt(at, frame, feeds.get(of));
}

function receiveAt(id: string, { event: type, data, encoding }: SseFrame, feed: Feed | undefined): void {
  if (feed === undefined) return;
  const { channel, order } = feed;
  if (data === undefined) feed.take(order.settle(id));
  else if (type === 'reset') feed.take(order.reset(parseObject<Reset>(data).reason, id));
  else feed.take(order.next({ kind: 'event', channel, id, type, data, ...(encoding && { encoding }) }));
}

function receiveLatest(event: 'latest' | 'snapshot', data: string, feeds: Feeds, openedAtMs: number): void {
  const { channel, unchanged, ...entry } = parseObject<LatestEntry & SnapshotEnd>(data);
  const feed = feeds.get(channel);
  if (event === 'latest') feed?.take(feed.latest.offer([entry]));
  else feed?.take(feed.latest.complete(unchanged ? 0 : openedAtMs));
}

function receivePresence(data: string, feeds: Feeds): void {
  const update = parseObject<PresenceChanges>(data);
  feeds.get(update.channel)?.rider?.take(update);
}
