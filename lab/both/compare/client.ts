import { WebSocket } from 'ws';
import { connect } from '../../../packages/client/src/index.ts';
import type { Transport } from '../../../packages/planner/src/thresholds.ts';
import { type ChannelPosition, parseCursor, parsePosition } from '../../../packages/protocol/cursor.ts';
import type { PollResponse } from '../../../packages/protocol/index.ts';
import { pause } from '../chaos/pause.ts';
import type { Subscription } from './audience.ts';
import { createHttp2Fetch } from './http2-fetch.ts';

/** How clients get events: the client library over SSE, WebSocket and long polling; and a program that asks every second. */
export const TRANSPORTS: readonly Transport[] = ['sse', 'websocket', 'long-poll', 'poll'];

/** Of `poll`: on average an event waits for half of it. */
export const POLL_INTERVAL_MS = 1_000;

/** Where a client finds the lanes. Neither ends in a slash. */
export interface ClientTarget {
  readonly httpsUrl: string;
  readonly wssUrl: string;
  readonly token: string;
}

/** One device with one connection to the lanes, or as many as its transport needs. */
export interface Client {
  /** Requests of HTTP and frames of WebSocket that it has sent, and WebSocket handshakes. */
  readonly requests: number;
  /** Publishes through its transport: a frame of WebSocket, else a POST. Answers where the event is. */
  publish(channel: string, data: string): Promise<ChannelPosition>;
  close(): void;
}

export interface ClientOptions {
  readonly transport: Transport;
  readonly target: ClientTarget;
  readonly subscriptions: readonly Subscription[];
  /** Of `poll`: clients that began together do not all ask at the same time. */
  readonly firstWaitMs: number;
  /** Told why where a subscription ends for good. */
  readonly onEnd: (reason: string) => void;
}

export function openClient({ transport, target, subscriptions, firstWaitMs, onEnd }: ClientOptions): Client {
  const { httpsUrl, wssUrl, token } = target;
  const http = createHttp2Fetch(httpsUrl);
  const socket = countedWebSocket();
  const connection =
    transport === 'websocket'
      ? connect({ websocketUrl: wssUrl, transport, token, WebSocket: socket.WebSocket })
      : connect({ url: httpsUrl, transport: transport === 'sse' ? 'sse' : 'poll', token, fetch: http.fetch });
  const closing = new AbortController();

  if (transport === 'poll') {
    void pollEverySecond({ fetch: http.fetch, url: httpsUrl, token, firstWaitMs, signal: closing.signal }, subscriptions);
  } else {
    for (const subscription of subscriptions) {
      const followed = connection.subscribe(subscription.channel);
      followed.addEventListener('event', ({ detail }) => subscription.receive(detail.id, detail.data));
      followed.addEventListener('reset', () => subscription.resets++);
      followed.ready.then(
        () => subscription.begin(parsePosition(followed.cursor ?? '')),
        (error: Error) => onEnd(error.message),
      );
    }
  }
  return {
    get requests() {
      return http.requests + socket.sent();
    },
    publish: async (channel, data) => parsePosition((await connection.publish(channel, { data })).id),
    close() {
      closing.abort();
      connection.close();
      http.close();
    },
  };
}

interface PollOptions {
  readonly fetch: typeof fetch;
  readonly url: string;
  readonly token: string;
  /** Between the first poll, which tells the position, and the second. */
  readonly firstWaitMs: number;
  readonly signal: AbortSignal;
}

/** What is written without the client library, which would ask again at once after an answer with events. */
async function pollEverySecond(
  { fetch, url, token, firstWaitMs, signal }: PollOptions,
  subscriptions: readonly Subscription[],
): Promise<void> {
  const byChannel = new Map(subscriptions.map((subscription) => [subscription.channel, subscription]));
  const channels = [...byChannel.keys()];
  const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
  let cursor: string | undefined;

  const pollOnce = async () => {
    const query = new URLSearchParams(channels.map((channel) => ['channel', channel]));
    if (cursor !== undefined) query.set('after', cursor);
    const response = await fetch(`${url}/v1/events?${query}`, { headers, signal });
    if (!response.ok) return;
    const answer = (await response.json()) as PollResponse;
    if (cursor === undefined) {
      for (const [channel, start] of parseCursor(answer.cursor, channels)) byChannel.get(channel)?.begin(start);
    }
    for (const { channel } of answer.resets ?? []) {
      const subscription = byChannel.get(channel);
      if (subscription !== undefined) subscription.resets++;
    }
    for (const { channel, id, data } of answer.events) byChannel.get(channel)?.receive(id, data);
    cursor = answer.cursor;
  };

  for (let nextMs = performance.now() + firstWaitMs; ; nextMs += POLL_INTERVAL_MS) {
    // A connection that was lost is opened again by the next one.
    await pollOnce().catch(() => undefined);
    if (!(await pause(Math.max(0, nextMs - performance.now()), signal))) return;
  }
}

/** For the client library: a WebSocket that takes every certificate and counts what is sent. */
function countedWebSocket() {
  let sent = 0;
  const options = { rejectUnauthorized: false, perMessageDeflate: false };
  class CountedWebSocket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, options);
      sent++;
    }

    override send(data: string): void {
      sent++;
      super.send(data);
    }
  }
  // Where its constructor is not the browser's, the library needs no more than this of it.
  return { WebSocket: CountedWebSocket as unknown as typeof globalThis.WebSocket, sent: () => sent };
}
