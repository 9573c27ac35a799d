import type { KINDS_HEADER, Reset } from '../../protocol/index.ts';
import { LanesError, toLanesError } from './errors.ts';
import type { Feed } from './feed.ts';
import { type HttpLane, request } from './http.ts';
import { parseObject } from './parse.ts';
import { createSseParser, type SseFrame } from './sse-parser.ts';
import { guard } from './wait.ts';

/** A stream of a channel that has no positions says so, and is live when it begins. */
const KINDS: typeof KINDS_HEADER = 'Lanes-Channel-Kinds';

/** The error code of a stream whose first bytes did not arrive in time, because a proxy buffers it. */
export const STREAM_BUFFERED = 'held_back';

/** The error code of a stream on which nothing more has come. */
export const SILENT = 'silent';

/**
 * Feeds a subscription from an event stream until it breaks or `signal` is aborted: then it rejects. The
 * stream is read with `fetch` and not with `EventSource`, which can neither send `Authorization` nor tell why
 * it failed, and which Node does not have.
 *
 * @param firstBytesTimeoutMs how long the first bytes may take before the stream counts as buffered by a
 * proxy
 */
export async function followStream(feed: Feed, lane: HttpLane, signal: AbortSignal, firstBytesTimeoutMs: number): Promise<never> {
  const { channel, order, rider } = feed;
  const query = new URLSearchParams({ channel, ...rider?.query() });
  // In the query and not in `Last-Event-ID`, which would cost other origins a preflight request.
  const after = order.cursor;
  if (after !== undefined) query.set('lastEventId', after);
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
    if (after !== undefined) feed.report({ kind: 'resuming', after });
    if (headers.has(KINDS)) feed.live();
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
        receive(frame, feed);
        if (order.cursor !== undefined) feed.live();
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

function receive({ id, event, data }: SseFrame, feed: Feed): void {
  const { channel, order, rider } = feed;
  if (event === 'presence' && data) {
    rider?.take(parseObject(data));
  } else if (!id) {
    if (data !== undefined) feed.take([{ kind: 'event', channel, id: '', type: event, data }]);
  } else if (data === undefined) feed.take(order.settle(id));
  else if (event === 'reset') feed.take(order.reset(parseObject<Reset>(data).reason, id));
  else feed.take(order.next({ kind: 'event', channel, id, type: event, data }));
}
