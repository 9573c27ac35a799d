import { type Connection, type ConnectOptions, connect, type Status, type Subscription } from '../../client/src/index.ts';
import { CHECK_INTERVAL_MS, CUT_MS, type Lane, type LaneObserver, PUBLISH_TIMEOUT_MS } from './lane.ts';
import { type WatchedSockets, watchSockets } from './watched-sockets.ts';

/** Somebody is looking at the page: no wait is longer. */
const MAX_RECONNECT_MS = 5000;

/** What these say is shown as `lost`. */
const LOST_CODES = new Set(['socket_closed', 'no_answer']);

export interface WebSocketLaneOptions {
  readonly url: string;
  readonly channel: string;
  readonly observer: LaneObserver;
  /** As `connect` takes it. @default nobody asks for one */
  readonly token?: ConnectOptions['token'];
  /** @default the browser's */
  readonly WebSocket?: typeof WebSocket;
}

/**
 * A channel over the WebSocket lane, by the client library: it puts events into order, asks for what is missing, reconnects
 * and resumes. What is here cuts it off, and reports what it does.
 */
export class WebSocketLane implements Lane {
  readonly #channel: string;
  readonly #observer: LaneObserver;
  readonly #sockets: WatchedSockets;
  readonly #connection: Connection;
  readonly #subscription: Subscription;
  #cutTimer: ReturnType<typeof setTimeout> | undefined;
  /** Was live, and has been cut or lost since. */
  #interrupted = false;
  /** There during a replay. */
  #replay: { count: number } | undefined;

  constructor({ url, channel, observer, token, WebSocket: Socket = WebSocket }: WebSocketLaneOptions) {
    this.#channel = channel;
    this.#observer = observer;
    this.#sockets = watchSockets(Socket, {
      onRepeat: () => observer.onRepeat(),
      onResuming: () => {
        this.#replay = { count: 0 };
      },
      onResumed: (after) => {
        observer.onNotice({ kind: 'resumed', after, replayed: this.#replay?.count ?? 0 });
        this.#replay = undefined;
      },
      onMended: (after, found) => observer.onNotice({ kind: 'mended', after, found }),
    });
    this.#connection = connect({
      websocketUrl: url,
      transport: 'websocket',
      WebSocket: this.#sockets.WebSocket,
      token,
      pingIntervalMs: CHECK_INTERVAL_MS,
      reconnectMaxMs: MAX_RECONNECT_MS,
      publishTimeoutMs: PUBLISH_TIMEOUT_MS,
    });
    observer.onState({ kind: 'connecting' });
    this.#subscription = this.#connection.subscribe(channel);
    this.#subscription.addEventListener('status', ({ detail }) => this.#follow(detail));
    this.#subscription.addEventListener('reset', ({ detail }) => observer.onNotice({ kind: 'reset', reason: detail.reason }));
    this.#subscription.addEventListener('event', ({ detail }) => {
      // A live event in the short time of a replay cannot be told from a replayed one, and counts as such.
      if (this.#replay !== undefined) this.#replay.count++;
      observer.onEvent(detail, this.#replay === undefined ? 'live' : 'replayed');
    });
  }

  cut(): void {
    if (this.#cutTimer !== undefined || this.#subscription.status.status !== 'live') return;
    this.#interrupted = true;
    this.#observer.onNotice({ kind: 'cut', after: this.#subscription.cursor });
    this.#observer.onState({ kind: 'cut', untilMs: Date.now() + CUT_MS });
    this.#cutTimer = setTimeout(() => this.resume(), CUT_MS);
    this.#sockets.cut();
  }

  resume(): void {
    if (this.#cutTimer !== undefined) {
      this.#endCut();
      this.#sockets.restore();
      this.#observer.onState({ kind: 'connecting' });
    }
    this.#connection.retryNow();
  }

  close(): void {
    this.#endCut();
    this.#connection.close();
  }

  /**
   * Publishes on the lane's own socket.
   * @returns the id of the event
   * @throws LanesError with the sentence of the server
   */
  async publish(type: string, data: string): Promise<string> {
    const { id } = await this.#connection.publish(this.#channel, { ...(type !== '' && { type }), data });
    return id;
  }

  #endCut(): void {
    clearTimeout(this.#cutTimer);
    this.#cutTimer = undefined;
  }

  #follow({ status, error, delayMs = 0 }: Status): void {
    const observer = this.#observer;
    if (status === 'closed' && error !== undefined) {
      this.#endCut();
      observer.onNotice({ kind: 'error', message: error.message });
      observer.onState({ kind: 'ended' });
    } else if (this.#cutTimer !== undefined) {
      // The client goes on trying, in vain.
    } else if (status === 'live') {
      this.#interrupted = false;
      observer.onState({ kind: 'live' });
    } else if (status === 'waiting') {
      if (this.#subscription.cursor !== undefined && !this.#interrupted) {
        this.#interrupted = true;
        observer.onNotice({ kind: 'lost', after: this.#subscription.cursor });
      }
      if (error !== undefined && !LOST_CODES.has(error.code)) observer.onNotice({ kind: 'error', message: error.message });
      observer.onState({ kind: 'lost', untilMs: Date.now() + delayMs });
    }
  }
}
