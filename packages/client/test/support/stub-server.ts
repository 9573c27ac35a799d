import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NewLatestEntry, PollResponse, PresenceMember, Reset, WireEvent } from '../../../protocol/index.ts';
import type { WireContent } from '../../src/types.ts';
import type { Faults, ServerControl, Stats } from './control.ts';
import { isLatestChannel, StubLatest } from './stub-latest.ts';
import { openLatestPoll, openLatestStream } from './stub-latest-http.ts';
import { StubLog, seqOf } from './stub-log.ts';
import { StubPresence } from './stub-presence.ts';
import { type ProxyPasses, StubProxy } from './stub-proxy.ts';
import { StubSockets } from './stub-sockets.ts';
import { type Counts, type Listener, NO_FAULTS, type StubState, takeFailure, takeLoss } from './stub-state.ts';

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
    this.#state = { log: new StubLog(), latest: new StubLatest(), presence: new StubPresence(), counts, faults: NO_FAULTS };
    this.#server = http.createServer((request, response) => void this.#handle(request, response));
    this.#sockets = new StubSockets(this.#server, this.#state);
    this.#state.log.onChange = (channel, event) => {
      for (const listener of this.#listenersOf(channel)) listener.pump();
      if (event !== undefined) this.#sockets.fanOut(event);
    };
    this.#state.latest.onChange = (channel, entry) => {
      for (const listener of this.#listenersOf(channel)) listener.pump(entry);
      this.#sockets.fanOutLatest(channel, entry);
    };
    this.#state.presence.onChange = (changes) => {
      for (const listener of this.#listenersOf(changes.channel)) listener.tell?.(changes);
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

  async put(channel: string, key: string, data?: string): Promise<void> {
    this.#state.latest.put(channel, key, data);
  }

  async expireKey(channel: string, key: string): Promise<void> {
    this.#state.latest.expire(channel, key);
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

  #listenersOf(channel: string): readonly Listener[] {
    return [...this.#streams, ...this.#polls].filter(({ channels }) => channels.includes(channel));
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { faults } = this.#state;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stub');
    for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
    if (pathname === '/page') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<title>page</title>');
    if (request.method === 'OPTIONS') return void response.writeHead(204, { 'access-control-allow-methods': '*' }).end();
    const publication = /^\/v1\/channels\/([^/]+)\/events$/.exec(pathname);
    if (publication !== null) this.#state.counts.publishedByHttp++;
    const failure = takeFailure(this.#state);
    if (failure?.retryAfter !== undefined) response.setHeader('retry-after', failure.retryAfter);
    if (failure !== undefined) return refuse(response, failure.status, `failed_${failure.status}`, 'the stub was told to fail');
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1];
    if (faults.tokens?.includes(token ?? '') === false) return refuse(response, 401, 'unauthorized', `token "${token}" is not let in`);
    if (publication?.[1] !== undefined) return this.#publish(decodeURIComponent(publication[1]), request, response);
    const channels = searchParams.getAll('channel');
    if (channels.includes('forbidden')) return refuse(response, 403, 'forbidden', 'channel "forbidden" is not allowed', 'forbidden');
    this.#state.counts.opened++;
    const [channel = ''] = channels;
    const isPoll = request.headers.accept === 'application/json';
    const data = searchParams.get('present');
    if (data !== null) for (const name of channels) this.#state.presence.serve(name, token ?? 'nobody', data, isPoll, response);
    if (channels.length === 1 && isLatestChannel(channel)) {
      const state = searchParams.get('state')?.slice(`${channel}=`.length);
      const open = isPoll ? openLatestPoll : openLatestStream;
      const listeners = isPoll ? this.#polls : this.#streams;
      const listener = open(this.#state, channel, state, response, Number(searchParams.get('waitSeconds')) * 1_000);
      listeners.add(listener);
      response.once('close', () => listeners.delete(listener));
      return;
    }
    if (isPoll) return this.#poll(channels, searchParams, response);
    this.#stream(channels, searchParams, response);
  }

  async #publish(channel: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    if (isLatestChannel(channel)) return this.#publishLatest(channel, JSON.parse(body), response);
    const { events, ...content } = JSON.parse(body) as WireContent & { events?: WireContent[] };
    const header = request.headers['idempotency-key'];
    const key = typeof header === 'string' ? header : undefined;
    const { log } = this.#state;
    const results = events && log.publishBatch(channel, events, key, takeLoss(this.#state));
    const answer = results === undefined ? log.publish(channel, { ...content, key }) : { channel, events: results };
    const { loseAnswers } = this.#state.faults;
    if (loseAnswers > 0) {
      this.#state.faults = { ...this.#state.faults, loseAnswers: loseAnswers - 1 };
      return void response.destroy();
    }
    const status = results?.some((result) => 'error' in result) ? 207 : 201;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  #publishLatest(
    channel: string,
    content: NewLatestEntry | { readonly events: readonly NewLatestEntry[] },
    response: http.ServerResponse,
  ): void {
    const answer = this.#state.latest.publish(channel, content);
    if ('error' in answer) refuse(response, 409, answer.error.code, answer.error.message);
    else response.writeHead('events' in answer ? 207 : 201).end(JSON.stringify(answer));
  }

  #stream(channels: readonly string[], query: URLSearchParams, response: http.ServerResponse): void {
    const { log, counts, presence } = this.#state;
    const state = this.#state;
    response.writeHead(200, { 'content-type': state.faults.streamType });
    if (state.faults.holdStreams) {
      response.flushHeaders();
      return;
    }
    const { retryMs } = state.faults;
    const after = positionsIn(query.get('lastEventId'), channels);
    const at = new Map(channels.map((channel) => [channel, after.get(channel) ?? startOf(log, channel, query)]));
    const write = (text: string) => {
      if (!state.faults.mute && !response.writableEnded) response.write(text);
    };
    const listener: Listener = {
      channels,
      pump() {
        for (const [channel, position] of at) {
          // A cursor of another epoch is reset when the stream opens; a live stream gets the reset after it was cut.
          const { events, settled, reset } = log.replay(channel, position);
          if (reset !== undefined) continue;
          at.set(channel, settled);
          for (const event of events) {
            if (seqOf(event.id) > seqOf(settled)) break;
            const type = event.type === 'message' ? '' : `event: ${event.type}\n`;
            const encoding = event.encoding === undefined ? '' : `encoding: ${event.encoding}\n`;
            const id = cursorOf(new Map([[channel, event.id]]), channels);
            const frame = `id: ${id}\n${type}${encoding}data: ${event.data.replaceAll('\n', '\ndata: ')}\n\n`;
            counts.delivered++;
            write(state.faults.double ? frame + frame : frame);
          }
        }
      },
      tell(changes) {
        if (query.get('presence') === 'true') write(`event: presence\ndata: ${JSON.stringify(changes)}\n\n`);
      },
      expire: () => response.end('event: expired\ndata: {}\n\n'),
    };
    const cursor = cursorOf(at, channels);
    const resets = channels.flatMap((channel) => {
      const { reset } = log.replay(channel, at.get(channel) ?? '');
      if (reset === undefined) return [];
      at.set(channel, log.baseline(channel));
      const id = cursorOf(new Map([[channel, log.baseline(channel)]]), channels);
      return [`id: ${id}\nevent: reset\ndata: ${JSON.stringify({ channel, reason: reset })}\n\n`];
    });
    // Like the service: for a client that resumes, the first event ends the frame.
    write(`retry: ${retryMs}\nid: ${cursor}\n${after.size === channels.length ? '' : '\n'}`);
    for (const reset of resets) write(reset);
    listener.pump();
    for (const part of channels.flatMap((name) => presence.snapshot(name))) listener.tell?.(part);
    this.#streams.add(listener);
    const heartbeat = setInterval(() => write(':\n'), HEARTBEAT_MS);
    response.once('close', () => {
      clearInterval(heartbeat);
      this.#streams.delete(listener);
    });
  }

  #poll(channels: readonly string[], query: URLSearchParams, response: http.ServerResponse): void {
    const state = this.#state;
    const before = query.get('before');
    if (before !== null) {
      const page = state.log.history(channels[0] ?? '', before === 'now' ? undefined : before, Number(query.get('last') ?? 100));
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
    }
    const given = positionsIn(query.get('after'), channels);
    const after = new Map(channels.map((channel) => [channel, given.get(channel) ?? startOf(state.log, channel, query)]));
    const known = query.getAll('presenceState');
    const news = () =>
      query.get('presence') === 'true' ? channels.filter((name) => !known.includes(`${name}=${state.presence.state(name)}`)) : [];
    const answer = (force: boolean) => {
      const cursor = new Map<string, string>();
      const all: WireEvent[] = [];
      const resets: Reset[] = [];
      for (const [channel, position] of after) {
        const { events, settled, reset } = state.log.replay(channel, position);
        cursor.set(channel, settled);
        all.push(...events.filter(({ id }) => seqOf(id) <= seqOf(settled)));
        if (reset !== undefined) resets.push({ channel, reason: reset });
      }
      if (response.writableEnded || state.faults.mute || (!force && all.length === 0 && resets.length === 0 && news().length === 0)) return;
      const events = state.faults.double ? all.flatMap((event) => [event, event]) : all;
      state.counts.delivered += all.length;
      const body: PollResponse = {
        events,
        ...(news().length > 0 && { presence: news().flatMap((name) => state.presence.snapshot(name)) }),
        cursor: cursorOf(cursor, channels),
        ...(resets.length > 0 && { resets }),
      };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const listener: Listener = {
      channels,
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

function positionsIn(cursor: string | null, [only = '', ...others]: readonly string[]): ReadonlyMap<string, string> {
  if (cursor === null) return new Map();
  if (others.length === 0) return new Map([[only, cursor]]);
  return new Map(cursor.split(',').map((part) => part.split('=') as [string, string]));
}

function cursorOf(at: ReadonlyMap<string, string>, channels: readonly string[]): string {
  return [...at].map(([channel, id]) => (channels.length === 1 ? id : `${channel}=${id}`)).join();
}

function startOf(log: StubLog, channel: string, query: URLSearchParams): string {
  const last = query.get('last');
  return last === null ? log.baseline(channel) : log.beforeLast(channel, Number(last));
}

function refuse(response: http.ServerResponse, status: number, code: string, detail: string, channel?: string): void {
  const problem = { type: 'about:blank', title: http.STATUS_CODES[status], status, code, detail, channel };
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
}
