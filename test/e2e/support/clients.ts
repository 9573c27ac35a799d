import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { setTimeout } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { WebSocket } from 'ws';
import type { ClientFrame, PublishAnswer, ServerFrame } from '../../../backbone/protocol.ts';

let token = '';

/** What the clients of this file send from now on. The starters of runs set it: a test file has one run at a time. */
export function useToken(of: string): void {
  token = of;
}

export function authorization(): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** Things that arrive one by one, and a way to wait for some of them. */
export class Inbox<T> {
  readonly items: T[] = [];
  #changed: () => void = () => {};

  push(item: T): void {
    this.items.push(item);
    this.#changed();
  }

  /** Resolves with the items once `ready` holds; rejects with what has come when it does not in time. */
  async until(ready: (items: readonly T[]) => boolean, timeoutMs = 15_000): Promise<readonly T[]> {
    const deadline = Date.now() + timeoutMs;
    while (!ready(this.items)) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0)
        throw new Error(`not in ${timeoutMs} ms; ${this.items.length} came, the last: ${JSON.stringify(this.items.slice(-5))}`);
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        new Promise<void>((resolve) => (this.#changed = resolve)),
        new Promise<void>((resolve) => (timer = globalThis.setTimeout(resolve, leftMs))),
      ]);
      clearTimeout(timer);
    }
    return this.items;
  }

  count(n: number, timeoutMs?: number): Promise<readonly T[]> {
    return this.until((items) => items.length >= n, timeoutMs);
  }
}

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

export interface LaneSocket {
  readonly frames: Inbox<ServerFrame>;
  readonly socket: WebSocket;
  /** Sends a frame, or any text as it is. */
  send(frame: ClientFrame | string): void;
  /** The next frames of a kind for a channel, once there are `n` of them. */
  ofKind<K extends ServerFrame['kind']>(kind: K, n?: number, timeoutMs?: number): Promise<readonly Extract<ServerFrame, { kind: K }>[]>;
  close(): void;
}

export async function openSocket(url: string, bearer = token): Promise<LaneSocket> {
  const socket = new WebSocket(url, ['lanes.v1.json', `bearer.${bearer}`]);
  const frames = new Inbox<ServerFrame>();
  socket.on('message', (data) => frames.push(JSON.parse(data.toString()) as ServerFrame));
  socket.on('error', () => {});
  await once(socket, 'open');
  const ofKind = async <K extends ServerFrame['kind']>(kind: K, n = 1, timeoutMs?: number) => {
    const matches = (items: readonly ServerFrame[]) =>
      items.filter((frame): frame is Extract<ServerFrame, { kind: K }> => frame.kind === kind);
    return matches(await frames.until((items) => matches(items).length >= n, timeoutMs));
  };
  return {
    frames,
    socket,
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    ofKind,
    close: () => socket.terminate(),
  };
}

/** Opens a socket and subscribes it; resolves once `subscribed` has come. */
export async function subscribeSocket(url: string, channel: string, after?: string): Promise<LaneSocket> {
  const socket = await openSocket(url);
  socket.send(after === undefined ? { action: 'subscribe', channel } : { action: 'subscribe', channel, after });
  await socket.ofKind('subscribed');
  return socket;
}

export async function post(base: string, channel: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${base}/v1/channels/${encodeURIComponent(channel)}/events`, {
    method: 'POST',
    headers: { ...authorization(), 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Publishes as a careful caller does: with a key, and again with the same key when the service was too busy to say whether it worked. */
export async function publish(base: string, channel: string, data: string, key: string = randomUUID()): Promise<PublishAnswer> {
  for (let tries = 0; ; tries++) {
    const response = await post(base, channel, { data }, { 'idempotency-key': key });
    if (response.status === 201) return (await response.json()) as PublishAnswer;
    const problem = await response.text();
    if (response.status !== 503 || tries >= 10) throw new Error(`publishing answered ${response.status}: ${problem}`);
    await setTimeout(200 * (tries + 1));
  }
}

// lane: websocket
/** Publishes by a frame, on a socket of its own. Answers the id. */
export async function publishBySocket(url: string, channel: string, data: string): Promise<string> {
  const socket = await openSocket(url);
  socket.send({ action: 'publish', channel, data });
  const [published] = await socket.ofKind('published');
  socket.close();
  if (published === undefined) throw new Error('a frame was awaited and is missing');
  return published.id;
}
// end lane

/** A channel of its own for each test, so that tests sharing a run do not see each other's events. */
export function freshChannel(name: string): string {
  return `${name}.${Date.now().toString(36)}.${Math.random().toString(36).slice(2, 8)}`;
}
