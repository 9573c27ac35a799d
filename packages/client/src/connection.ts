import { toWire, withBytes } from './binary.ts';
import type { ConnectOptions, SharedLane } from './connect-options.ts';
import { Emitter } from './emitter.ts';
import { type Environment, watchEnvironment } from './environment.ts';
import { LanesError, toLanesError } from './errors.ts';
import { Fallback } from './fallback.ts';
import type { Feed } from './feed.ts';
import { type HttpLane, publishByHttp, requestJson } from './http.ts';
import { checkChannel, checkContent, checkCount, checkTransport, NEEDS, readTunables, readUrl } from './input.ts';
import type { Tunables } from './options.ts';
import { beginWithLast, followByPolling } from './poll.ts';
import { acknowledged } from './publish-answer.ts';
import { randomName } from './random-name.ts';
import { retry } from './retry.ts';
import { type FollowTogether, SharedRequests } from './shared-requests.ts';
import { SocketLane } from './socket-lane.ts';
import { followStream } from './stream.ts';
import { LaneSubscription, type SubscriptionOwner } from './subscription.ts';
import { createTokenSource } from './token.ts';
import type {
  Activity,
  BatchInput,
  ChannelEvent,
  Connection,
  ConnectionEvents,
  HistoryOptions,
  HistoryPage,
  PublishAllOptions,
  PublishAnswer,
  PublishContent,
  Published,
  PublishInput,
  PublishOptions,
  PublishRequest,
  Status,
  SubscribeOptions,
  Subscription,
  Transport,
  TypedEventTarget,
} from './types.ts';
import { guard, onAbort } from './wait.ts';

/**
 * API Gateway closes a socket on which it receives a frame of more than 32 KB; the fields around the data
 * need some of that.
 */
const MAX_FRAME_DATA_BYTES = 31 * 1024;

/** See docs/decisions/0063-subscriptions-share-streams.md. */
const SINGLE_STREAMS = 2;

/**
 * One connection to the lanes. It sends nothing before the first `subscribe` or `publish`.
 * @throws TypeError if an option is not valid, or one that the transport needs is missing
 */
export function connect(options: ConnectOptions): Connection {
  return new LaneConnection(options);
}

class LaneConnection extends (EventTarget as new () => TypedEventTarget<ConnectionEvents>) implements Connection, SubscriptionOwner {
  readonly options: Tunables;
  readonly environment: Environment = new Emitter();
  readonly #closing = new AbortController();
  readonly #subscriptions = new Set<LaneSubscription>();
  readonly #http: HttpLane | undefined;
  /** Instead of requests and a socket of its own. */
  readonly #elsewhere: SharedLane | undefined;
  /** What stays open over HTTP. */
  readonly #shared: { readonly [transport in 'sse' | 'poll']: SharedRequests } | undefined;
  readonly #sockets: SocketLane | undefined;
  readonly #hasWebSocket: boolean;
  #transport: Transport = 'auto';
  readonly #fallback: Fallback;

  constructor({ share, ...given }: ConnectOptions) {
    const { url, websocketUrl, transport = 'auto', token: tokenOption, signal, fetch, WebSocket, ...tunables } = given;
    super();
    const options = readTunables(tunables);
    const token = createTokenSource(tokenOption, options);
    this.options = options;
    this.#fallback = new Fallback(options);
    if (url) {
      this.#http = { base: readUrl('url', url), token, options, fetch };
      this.#shared = this.#shareRequests(this.#http);
    }
    if (websocketUrl) {
      this.#sockets = new SocketLane({
        url: readUrl('websocketUrl', websocketUrl),
        token,
        options,
        WebSocket,
        environment: this.environment,
      });
    }
    this.#elsewhere = share?.({
      url: [this.#http?.base, websocketUrl].join(),
      connect: () => new LaneConnection({ ...given, transport: this.#transport }),
    });
    this.#hasWebSocket = Boolean(WebSocket ?? globalThis.WebSocket);
    this.#choose(transport);
    watchEnvironment(this.environment, this.#closing.signal);
    // Streams and polls that were open when the network failed may hang for long.
    this.environment.on((event) => {
      if (event === 'online' && this.activeTransport() !== 'websocket') this.#restartAll();
    });
    onAbort(signal, () => this.close(), this.#closing.signal);
  }

  get transport(): Transport {
    return this.#transport;
  }

  subscribe(channel: string, options: SubscribeOptions = {}): Subscription {
    this.#closing.signal.throwIfAborted();
    checkChannel(channel);
    checkCount('last', options.last);
    const subscription = new LaneSubscription(channel, options, this);
    if (subscription.status.status !== 'closed') this.#subscriptions.add(subscription);
    return subscription;
  }

  async publish(channel: string, { key, ...event }: PublishInput, { signal }: PublishOptions = {}): Promise<Published> {
    const [published] = await this.#publish(channel, toWire(event), key, signal);
    return published as Published;
  }

  publishAll(channel: string, events: readonly BatchInput[], { key, signal }: PublishAllOptions = {}): Promise<readonly Published[]> {
    return this.#publish(channel, { events: events.map(toWire) }, key, signal);
  }

  async *history(channel: string, { before, limit, signal }: HistoryOptions = {}): AsyncGenerator<readonly ChannelEvent[], void> {
    checkChannel(channel);
    checkCount('limit', limit);
    const watch = guard(this.#closing.signal, signal);
    const context = { options: this.options, environment: this.environment, signal: watch.signal };
    try {
      for (let at = before, more = true; more; ) {
        const page = await retry(() => this.#historyPage(channel, at, limit, watch.signal), context);
        const events = page.events.map((event): ChannelEvent => withBytes({ kind: 'event', channel, ...event }));
        at = events[0]?.id;
        more = page.more && at !== undefined;
        if (at !== undefined) yield events;
      }
    } finally {
      watch.release();
    }
  }

  #historyPage(channel: string, before: string | undefined, last: number | undefined, signal: AbortSignal): Promise<HistoryPage> {
    if (!this.#http || this.activeTransport() === 'websocket') {
      const asked = { channel, ...(before && { before }), ...(last !== undefined && { last }) };
      return (this.#sockets as SocketLane).history(asked, signal);
    }
    const query = new URLSearchParams({ channel, before: before || 'now', ...(last !== undefined && { last: `${last}` }) });
    const init = { headers: { accept: 'application/json' } };
    return requestJson(this.#http, `/v1/events?${query}`, init, signal, this.options.answerTimeoutMs);
  }

  async #publish(channel: string, content: PublishContent, key = randomName(), signal?: AbortSignal): Promise<readonly Published[]> {
    const { publishTimeoutMs } = this.options;
    checkChannel(channel);
    checkContent(content, key);
    const watch = guard(this.#closing.signal, signal);
    watch.expect(publishTimeoutMs, 'publish_timeout', 'no acknowledgement');
    const request = { ...content, key };
    let lastError: LanesError | undefined;
    try {
      const context = { options: this.options, environment: this.environment, signal: watch.signal };
      return await retry(
        async () => acknowledged(await this.#publishOnce(channel, request, watch.signal)),
        context,
        (error) => {
          lastError = error;
        },
      );
    } catch (thrown) {
      const error = toLanesError(thrown);
      if (error.code !== 'publish_timeout') throw thrown;
      throw new LanesError(error.code, `${error.message}${lastError ? `: ${lastError.message}` : ''}`, { cause: lastError });
    } finally {
      watch.release();
    }
  }

  use(transport: Transport): void {
    if (transport === this.#transport) return;
    this.#choose(transport);
    // Before the subscriptions move, so that they need not unsubscribe one by one.
    if (this.activeTransport() !== 'websocket') this.#sockets?.stop();
    this.#restartAll();
    this.environment.emit('switch');
  }

  retryNow(): void {
    // The user asks for what also happens when the page becomes visible.
    this.environment.emit('visible');
  }

  close(): void {
    this.#closing.abort(new LanesError('closed', 'the connection is closed', { final: true }));
    this.#sockets?.stop();
    for (const subscription of this.#subscriptions) subscription.close();
    this.#elsewhere?.close();
  }

  activeTransport(): Status['transport'] {
    if (this.#transport !== 'auto') return this.#transport;
    if (this.#http === undefined) return 'websocket';
    return this.#fallback.isActive ? 'poll' : 'sse';
  }

  async follow(feed: Feed, signal: AbortSignal): Promise<void> {
    const transport = this.activeTransport();
    // Presence is a tab's own.
    const lane = (feed.rider ? undefined : this.#elsewhere) ?? (transport === 'websocket' ? this.#sockets : this.#shared?.[transport]);
    return lane?.follow(feed, signal);
  }

  changed(status: Status): void {
    this.dispatchEvent(new CustomEvent('status', { detail: status }));
  }

  report(activity: Activity): void {
    this.dispatchEvent(new CustomEvent('activity', { detail: activity }));
  }

  ended(subscription: LaneSubscription): void {
    this.#subscriptions.delete(subscription);
  }

  #shareRequests(http: HttpLane): { readonly [transport in 'sse' | 'poll']: SharedRequests } {
    const { options, environment } = this;
    const { firstBytesTimeoutMs, silenceTimeoutMs } = options;
    const streams: FollowTogether = async (feeds, signal, live) => {
      const isAuto = this.#transport === 'auto';
      const openedAtMs = Date.now();
      try {
        await beginWithLast(feeds, http, signal);
        await followStream(feeds, http, signal, live, isAuto ? firstBytesTimeoutMs : silenceTimeoutMs);
      } catch (thrown) {
        if (signal.aborted || !isAuto || !this.#fallback.afterStream(toLanesError(thrown).code, openedAtMs)) throw thrown;
      }
    };
    const polls: FollowTogether = async (feeds, signal, live) => {
      await beginWithLast(feeds, http, signal);
      await followByPolling(feeds, http, signal, live, this.#transport === 'auto' ? this.#fallback.untilMs : Number.POSITIVE_INFINITY);
    };
    return {
      sse: new SharedRequests({ follow: streams, alone: SINGLE_STREAMS, options, environment }),
      poll: new SharedRequests({ follow: polls, alone: 0, options, environment }),
    };
  }

  #choose(transport: Transport): void {
    checkTransport(transport);
    const overSocket = transport === 'websocket' || (transport === 'auto' && !this.#http);
    if (!(overSocket ? this.#sockets : this.#http)) throw new TypeError(`transport ${transport} needs ${NEEDS[transport]}`);
    if (overSocket && !this.#hasWebSocket) throw new TypeError('this runtime has no WebSocket: pass a class as the option WebSocket');
    this.#transport = transport;
  }

  #restartAll(): void {
    for (const subscription of this.#subscriptions) subscription.restart();
  }

  #publishOnce(channel: string, event: PublishRequest, signal: AbortSignal): Promise<PublishAnswer> {
    const fits = new TextEncoder().encode(JSON.stringify(event)).length <= MAX_FRAME_DATA_BYTES;
    if (this.#sockets && this.activeTransport() === 'websocket' && fits) return this.#sockets.publish(channel, event, signal);
    if (this.#http) return publishByHttp(this.#http, channel, event, signal);
    throw new LanesError('data_too_large', `without url, data that needs more than ${MAX_FRAME_DATA_BYTES} bytes cannot be published`, {
      final: true,
    });
  }
}
