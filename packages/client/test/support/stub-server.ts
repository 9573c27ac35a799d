import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PollResponse, PresenceChanges, PresenceMember, WireEvent } from '../../../protocol/index.ts';
import type { Faults, ServerControl, Stats } from './control.ts';
import { StubLog, seqOf } from './stub-log.ts';
import { StubPresence } from './stub-presence.ts';
import { type ProxyPasses, StubProxy } from './stub-proxy.ts';
import { StubSockets } from './stub-sockets.ts';
import { type Counts, NO_FAULTS, type StubState, takeFailure, takeLoss } from './stub-state.ts';

interface Listener {
  readonly channel: string;
  /** Sends what has become deliverable. */
  pump(): void;
  /** Sends a change of presence, if its client follows that. */
  tell(changes: PresenceChanges): void;
  expire(): void;
}

const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*', 'access-control-expose-headers': 'retry-after' };
const HEARTBEAT_MS = 40;

/** Both lanes of a server in one process, over one log, and able to misbehave. */
export class StubServer implements ServerControl {
  readonly #server: http.Server;
  readonly #sockets: StubSockets;
  readonly #state: StubState;
  readonly #streams = new Set<Listener>();
  readonly #polls = new Set<Listener>();
  #proxy: StubProxy | undefined;

  private constructor() {
    const counts: Counts = {
      opened: 0,
      mostSockets: 0,
      pings: 0,
      subscribes: 0,
      unsubscribes: 0,
      presenceFrames: 0,
      snapshots: 0,
      delivered: 0,
      publishedByHttp: 0,
      publishedBySocket: 0,
    };
    this.#state = { log: new StubLog(), presence: new StubPresence(), counts, faults: NO_FAULTS };
    this.#server = http.createServer((request, response) => void this.#handle(request, response));
    this.#sockets = new StubSockets(this.#server, this.#state);
    this.#state.log.onChange = (channel, event) => {
      for (const listener of [...this.#streams, ...this.#polls]) if (listener.channel === channel) listener.pump();
      if (event !== undefined) this.#sockets.fanOut(event);
    };
    this.#state.presence.onChange = (changes) => {
      for (const listener of [...this.#streams, ...this.#polls]) if (listener.channel === changes.channel) listener.tell(changes);
      this.#sockets.tell(changes);
    };
  }

  static async start(): Promise<StubServer> {
    const stub = new StubServer();
    stub.#server.listen(0, '127.0.0.1');
    await once(stub.#server, 'listening');
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get websocketUrl(): string {
    return `${this.url.replace('http', 'ws')}/socket`;
  }

  async startProxy(passes: ProxyPasses): Promise<string> {
    this.#proxy = await StubProxy.start(this.url, passes);
    return this.#proxy.url;
  }

  async freeProxy(): Promise<void> {
    this.#proxy?.free();
  }

  async stop(): Promise<void> {
    await this.#proxy?.stop();
    await this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async publish(channel: string, data: string, type = 'message'): Promise<WireEvent> {
    return this.#state.log.publish(channel, { data, type });
  }

  async openGap(channel: string): Promise<void> {
    this.#state.log.openGap(channel);
  }

  async addTombstones(channel: string): Promise<void> {
    this.#state.log.addTombstones(channel);
  }

  async wipe(channel: string): Promise<void> {
    this.#state.log.wipe(channel);
  }

  async restore(channel: string, seq: number): Promise<void> {
    this.#state.log.restore(channel, seq);
  }

  async forget(channel: string): Promise<void> {
    this.#sockets.forget(channel);
  }

  async expire(channel: string): Promise<void> {
    this.#state.log.expire(channel);
  }

  async enter(channel: string, id: string, data = ''): Promise<void> {
    this.#state.presence.enter(channel, id, id, data);
  }

  async leave(channel: string, id: string): Promise<void> {
    this.#state.presence.leave(channel, id);
  }

  async members(channel: string): Promise<readonly PresenceMember[]> {
    return this.#state.presence.members(channel);
  }

  async events(channel: string): Promise<readonly WireEvent[]> {
    return this.#state.log.events(channel);
  }

  async cut(): Promise<void> {
    this.#sockets.cut();
    this.#server.closeAllConnections();
  }

  async expireTokens(sockets: 'byFrame' | 'byCloseCode'): Promise<void> {
    for (const listener of [...this.#streams, ...this.#polls]) listener.expire();
    if (sockets === 'byCloseCode') this.#sockets.closeAll(4401, 'token expired');
    else this.#sockets.expireAll();
  }

  async set(faults: Partial<Faults>): Promise<void> {
    this.#state.faults = { ...this.#state.faults, ...faults };
  }

  async stats(): Promise<Stats> {
    return {
      ...this.#state.counts,
      streams: this.#streams.size,
      polls: this.#polls.size,
      sockets: this.#sockets.open,
      subscriptions: this.#sockets.subscriptions,
    };
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { faults } = this.#state;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stub');
    for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
    if (request.method === 'OPTIONS') return void response.writeHead(204, { 'access-control-allow-methods': '*' }).end();
    const publication = /^\/v1\/channels\/([^/]+)\/events$/.exec(pathname);
    if (publication !== null) this.#state.counts.publishedByHttp++;
    const failure = takeFailure(this.#state);
    if (failure?.retryAfter !== undefined) response.setHeader('retry-after', failure.retryAfter);
    if (failure !== undefined) return refuse(response, failure.status, `failed_${failure.status}`, 'the stub was told to fail');
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1];
    if (faults.tokens?.includes(token ?? '') === false) return refuse(response, 401, 'unauthorized', `token "${token}" is not let in`);
    if (publication?.[1] !== undefined) return this.#publish(decodeURIComponent(publication[1]), request, response);
    const channel = searchParams.get('channel') ?? '';
    if (channel === 'forbidden') return refuse(response, 403, 'forbidden', 'channel "forbidden" is not allowed');
    this.#state.counts.opened++;
    const isPoll = request.headers.accept === 'application/json';
    const data = searchParams.get('present');
    if (data !== null) this.#state.presence.serve(channel, token ?? 'nobody', data, isPoll, response);
    if (isPoll) return this.#poll(channel, searchParams, response);
    this.#stream(channel, searchParams, response);
  }

  async #publish(channel: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { type, data, events } = JSON.parse(body) as { type?: string; data: string; events?: { data: string }[] };
    const header = request.headers['idempotency-key'];
    const key = typeof header === 'string' ? header : undefined;
    const { log } = this.#state;
    const results = events && log.publishBatch(channel, events, key, takeLoss(this.#state));
    const answer = results === undefined ? log.publish(channel, { type, data, key }) : { channel, events: results };
    const { loseAnswers } = this.#state.faults;
    if (loseAnswers > 0) {
      this.#state.faults = { ...this.#state.faults, loseAnswers: loseAnswers - 1 };
      return void response.destroy();
    }
    const status = results?.some((result) => 'error' in result) ? 207 : 201;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  #stream(channel: string, query: URLSearchParams, response: http.ServerResponse): void {
    const { log, counts, presence } = this.#state;
    const lastEventId = query.get('lastEventId') ?? undefined;
    const state = this.#state;
    response.writeHead(200, { 'content-type': state.faults.streamType });
    if (state.faults.holdStreams) {
      response.flushHeaders();
      return;
    }
    const { retryMs } = state.faults;
    let position = lastEventId ?? log.baseline(channel);
    const write = (text: string) => {
      if (!state.faults.mute && !response.writableEnded) response.write(text);
    };
    const listener: Listener = {
      channel,
      pump() {
        // A cursor of another epoch is reset when the stream opens; a live stream gets the reset after it was cut.
        const { events, settled, reset } = log.replay(channel, position);
        if (reset !== undefined) return;
        position = settled;
        for (const event of events) {
          if (seqOf(event.id) > seqOf(settled)) break;
          const type = event.type === 'message' ? '' : `event: ${event.type}\n`;
          const frame = `id: ${event.id}\n${type}data: ${event.data.replaceAll('\n', '\ndata: ')}\n\n`;
          counts.delivered++;
          write(state.faults.double ? frame + frame : frame);
        }
      },
      tell(changes) {
        if (query.get('presence') === 'true') write(`event: presence\ndata: ${JSON.stringify(changes)}\n\n`);
      },
      expire: () => response.end('event: expired\ndata: {}\n\n'),
    };
    const { reset } = log.replay(channel, position);
    if (reset !== undefined) position = log.baseline(channel);
    // Like the service: for a client that resumes, the first event ends the frame.
    write(lastEventId === undefined ? `retry: ${retryMs}\nid: ${position}\n\n` : `retry: ${retryMs}\nid: ${lastEventId}\n`);
    if (reset !== undefined) write(`id: ${position}\nevent: reset\ndata: ${JSON.stringify({ channel, reason: reset })}\n\n`);
    listener.pump();
    for (const part of presence.snapshot(channel)) listener.tell(part);
    this.#streams.add(listener);
    const heartbeat = setInterval(() => write(':\n'), HEARTBEAT_MS);
    response.once('close', () => {
      clearInterval(heartbeat);
      this.#streams.delete(listener);
    });
  }

  #poll(channel: string, query: URLSearchParams, response: http.ServerResponse): void {
    const state = this.#state;
    const after = query.get('after') ?? state.log.baseline(channel);
    const hasNews = () => query.get('presence') === 'true' && query.get('presenceState') !== `${channel}=${state.presence.state(channel)}`;
    const answer = (force: boolean) => {
      const { events: all, settled, reset } = state.log.replay(channel, after);
      const settledEvents = all.filter(({ id }) => seqOf(id) <= seqOf(settled));
      if (response.writableEnded || state.faults.mute || (!force && settledEvents.length === 0 && reset === undefined && !hasNews()))
        return;
      const events = state.faults.double ? settledEvents.flatMap((event) => [event, event]) : settledEvents;
      state.counts.delivered += settledEvents.length;
      const body: PollResponse = {
        events,
        ...(hasNews() && { presence: state.presence.snapshot(channel) }),
        cursor: settled,
        ...(reset === undefined ? {} : { resets: [{ channel, reason: reset }] }),
      };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const listener: Listener = {
      channel,
      pump: () => answer(false),
      tell: () => answer(false),
      expire: () => refuse(response, 401, 'token_expired', 'the token has expired'),
    };
    this.#polls.add(listener);
    const timer = setTimeout(() => answer(true), Number(query.get('waitSeconds')) * 1_000);
    response.once('close', () => {
      clearTimeout(timer);
      this.#polls.delete(listener);
    });
    answer(false);
  }
}

function refuse(response: http.ServerResponse, status: number, code: string, detail: string): void {
  const problem = { type: 'about:blank', title: http.STATUS_CODES[status], status, code, detail };
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
}
