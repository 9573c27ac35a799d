import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { setTimeout } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { PollResponse, PublishResponse } from '../../../../packages/protocol/index.ts';
import { authorization, Inbox } from '../../support/clients.ts';

export interface SseStream {
  /** Frames that dispatch an event; the id-only frame at the start is `baseline`. */
  readonly events: Inbox<EventSourceMessage>;
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** The last id seen, from id-only frames too. */
  lastId(): string | undefined;
  close(): void;
}

/** Reads `id:` lines that stand in frames without data as well, which a parser of events does not report. */
function trackIds(): { feed(text: string): void; last(): string | undefined } {
  let rest = '';
  let last: string | undefined;
  return {
    feed(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('id:')) last = line.slice(3).trim();
    },
    last: () => last,
  };
}

const SSE_HEADERS = { accept: 'text/event-stream' };

/** Opens a stream over HTTP/1.1 and waits for its first bytes. */
export async function openSse(base: string, query: string, headers: Record<string, string> = {}): Promise<SseStream> {
  const request = http.get(`${base}/v1/events?${query}`, { agent: false, headers: { ...authorization(), ...SSE_HEADERS, ...headers } });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.setEncoding('utf8');
  return readSse(response, response.statusCode ?? 0, response.headers, () => request.destroy());
}

/** Opens a stream on an HTTP/2 session and waits for its first bytes. */
export async function openSse2(session: http2.ClientHttp2Session, query: string, headers: Record<string, string> = {}): Promise<SseStream> {
  const stream = session.request({ ':path': `/v1/events?${query}`, ...authorization(), ...SSE_HEADERS, ...headers });
  stream.setEncoding('utf8');
  const [answer] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
  return readSse(stream, answer[':status'] ?? 0, answer, () => stream.close(http2.constants.NGHTTP2_CANCEL));
}

async function readSse(
  readable: NodeJS.ReadableStream,
  status: number,
  headers: http.IncomingHttpHeaders,
  close: () => void,
): Promise<SseStream> {
  const events = new Inbox<EventSourceMessage>();
  const ids = trackIds();
  const parser = createParser({ onEvent: (event) => events.push(event) });
  const opened = new Promise<void>((resolve) => {
    readable.on('data', (text: string) => {
      parser.feed(text);
      ids.feed(text);
      if (ids.last() !== undefined) resolve();
    });
    readable.once('end', resolve);
  });
  readable.on('error', () => {});
  if (status === 200) await opened;
  return { events, status, headers, lastId: ids.last, close };
}

export function connectHttp2(url: string): http2.ClientHttp2Session {
  // The local run makes its certificate at start, so nobody has signed it.
  return http2.connect(url, { rejectUnauthorized: false });
}

export async function post(base: string, channel: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${base}/v1/channels/${encodeURIComponent(channel)}/events`, {
    method: 'POST',
    headers: { ...authorization(), 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Publishes as a careful caller does: with a key, and again with the same key when the service was too busy to say whether it worked. */
export async function publish(base: string, channel: string, data: string, key: string = randomUUID()): Promise<PublishResponse> {
  for (let tries = 0; ; tries++) {
    const response = await post(base, channel, { data }, { 'idempotency-key': key });
    if (response.status === 201) return (await response.json()) as PublishResponse;
    const problem = await response.text();
    if (response.status !== 503 || tries >= 10) throw new Error(`publishing answered ${response.status}: ${problem}`);
    await setTimeout(200 * (tries + 1));
  }
}

/** Polls once. */
export async function poll(base: string, query: string): Promise<PollResponse> {
  const response = await fetch(`${base}/v1/events?${query}`, { headers: { ...authorization(), accept: 'application/json' } });
  if (response.status !== 200) throw new Error(`the poll was answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as PollResponse;
}
