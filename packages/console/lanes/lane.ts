import {
  type Activity,
  type Connection,
  type ConnectOptions,
  connect,
  covers,
  LanesError,
  type PublishInput,
  type Status,
  type Subscription,
} from '../../client/src/index.ts';
import type { LaneObserver, ReceivedEvent } from './observer.ts';

/** How long a cut lasts: long enough to publish a few events that the lane will then have missed. */
export const CUT_MS = 4000;

/**
 * How often the WebSocket lane asks the log whether anything is missing, so that a lost last event is found
 * soon.
 */
const CHECK_INTERVAL_MS = 15_000;

/** Somebody is looking at the page, so no wait is longer than this. */
const MAX_RECONNECT_MS = 5000;

/** Somebody who publishes by hand wants the result soon; a cut is shorter than this. */
export const PUBLISH_TIMEOUT_MS = 10_000;

/** How many events of the history are loaded at once. */
const OLDER_EVENTS = 50;

/** Errors that the notice `lost` already reports. */
const LOST_CODES: readonly string[] = ['socket_closed', 'stream_ended', 'no_answer', 'silent', 'network'];

export interface LaneOptions {
  /** Where the lane is. */
  readonly endpoint:
    | { readonly transport: 'sse'; readonly url: string }
    | { readonly transport: 'websocket'; readonly websocketUrl: string };
  readonly channel: string;
  readonly observer: LaneObserver;
  /** Creates the `token` option of a connection. @default the lane uses no token */
  readonly createToken?: (() => ConnectOptions['token']) | undefined;
}

interface Cut {
  readonly after: string | undefined;
  readonly timer: ReturnType<typeof setTimeout>;
  readonly over: Promise<void>;
  readonly end: () => void;
}

interface Replay {
  readonly after: string;
  readonly ending: AbortController;
  /** The last event that was missed; undefined while it is not known. */
  upTo: string | undefined;
  count: number;
}

/**
 * A channel over one lane, using the client library, which orders events, reconnects and resumes. This class
 * cuts the lane off on demand, and tells its observer what the client does.
 */
export class Lane {
  readonly #options: LaneOptions;
  #connection: Connection;
  #subscription: Subscription;
  #cut: Cut | undefined;
  #replay: Replay | undefined;
  /** Was live, and has been cut or lost since. */
  #interrupted = false;
  #closed = false;

  constructor(options: LaneOptions) {
    this.#options = options;
    options.observer.onState({ kind: 'connecting' });
    [this.#connection, this.#subscription] = this.#open(undefined);
  }

  /** Drops the connection, and resumes after the last event when {@link CUT_MS} have passed. */
  cut(): void {
    const { status, cursor } = this.#subscription;
    if (this.#cut !== undefined || status.status !== 'live') return;
    const { observer } = this.#options;
    this.#interrupted = true;
    this.#dropReplay();
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#cut = { after: cursor, timer: setTimeout(() => this.resume(), CUT_MS), over, end };
    this.#connection.close();
    observer.onNotice({ kind: 'cut', after: cursor });
    observer.onState({ kind: 'cut', untilMs: Date.now() + CUT_MS });
  }

  /** Ends a cut, or the wait before a new attempt, at once. */
  resume(): void {
    const cut = this.#endCut();
    if (cut === undefined) {
      this.#connection.retryNow();
      return;
    }
    this.#options.observer.onState({ kind: 'connecting' });
    [this.#connection, this.#subscription] = this.#open(cut.after);
    cut.end();
  }

  /** Closes the lane for good. */
  close(): void {
    this.#closed = true;
    this.#dropReplay();
    this.#connection.close();
    this.#endCut()?.end();
  }

  /**
   * Publishes on the lane's own connection; during a cut, once the cut is over.
   * @returns the id of the event, or its version
   * @throws LanesError with the server's message
   */
  async publish(event: PublishInput): Promise<string> {
    // A cut may lose the acknowledgement; with the same key the event is published only once.
    const key = crypto.getRandomValues(new Uint32Array(4)).join('-');
    for (;;) {
      await this.#cut?.over;
      try {
        const { id, version = id } = await this.#connection.publish(this.#options.channel, { ...event, key });
        return version;
      } catch (error) {
        const wasCut = error instanceof LanesError && error.code === 'closed';
        if (!wasCut || this.#closed) throw error;
      }
    }
  }

  /**
   * Loads events of the history.
   * @param before the event before which to read; undefined for the newest
   */
  async loadOlder(before: string | undefined): Promise<void> {
    const { channel, observer } = this.#options;
    try {
      for await (const page of this.#connection.history(channel, { before, limit: OLDER_EVENTS })) return observer.onOlder(page);
      observer.onOlder([]);
    } catch (error) {
      // After a cut the button is there again.
      if (error instanceof LanesError && error.code !== 'closed') observer.onNotice({ kind: 'error', message: sentence(error) });
    }
  }

  #open(after: string | undefined): [Connection, Subscription] {
    const { channel, endpoint, observer, createToken } = this.#options;
    const connection = connect({
      ...endpoint,
      token: createToken?.(),
      pingIntervalMs: CHECK_INTERVAL_MS,
      reconnectMaxMs: MAX_RECONNECT_MS,
      publishTimeoutMs: PUBLISH_TIMEOUT_MS,
    });
    connection.addEventListener('activity', ({ detail }) => this.#onActivity(detail));
    const subscription = connection.subscribe(channel, { after });
    subscription.addEventListener('status', ({ detail }) => this.#onStatus(detail));
    subscription.addEventListener('event', ({ detail }) => this.#onEvent(detail));
    subscription.addEventListener('latest', ({ detail }) => observer.onLatest(detail));
    subscription.addEventListener('reset', ({ detail }) => {
      // A reset replaces events that cannot be replayed. Over WebSocket the client reports the end of the
      // replay.
      if (endpoint.transport === 'sse') this.#endReplay();
      observer.onNotice({ kind: 'reset', reason: detail.reason });
    });
    return [connection, subscription];
  }

  #onEvent(event: ReceivedEvent): void {
    // An event of an ephemeral channel has no id and is never replayed.
    const replay = event.id === '' ? undefined : this.#replay;
    // An event that is published before the end of the replay is known counts as replayed.
    const replayed = replay !== undefined && (replay.upTo === undefined || covers(replay.upTo, event.id));
    if (replayed) replay.count++;
    this.#options.observer.onEvent(event, replayed ? 'replayed' : 'live');
    if (replay?.upTo !== undefined && covers(event.id, replay.upTo)) this.#endReplay();
  }

  #onActivity(activity: Activity): void {
    const { observer, endpoint } = this.#options;
    if (activity.kind === 'repeat') observer.onRepeat();
    else if (activity.kind === 'gapClosed') observer.onNotice({ kind: 'mended', after: activity.after, found: activity.found });
    else if (activity.kind === 'resumed') this.#endReplay();
    else {
      this.#dropReplay();
      this.#replay = { after: activity.after, ending: new AbortController(), upTo: undefined, count: 0 };
      if (endpoint.transport === 'sse') void this.#boundReplay(this.#replay, endpoint.url);
    }
  }

  /**
   * A stream has no mark for the end of a replay. The current end of the log tells how far the replay will
   * go.
   */
  async #boundReplay(replay: Replay, url: string): Promise<void> {
    const { channel, createToken } = this.#options;
    const connection = connect({ url, transport: 'poll', token: createToken?.(), signal: replay.ending.signal });
    const end = connection.subscribe(channel);
    // If it cannot be determined, everything from now on counts as live.
    await end.ready.catch(() => {});
    connection.close();
    if (this.#replay !== replay) return;
    replay.upTo = end.cursor ?? replay.after;
    if (covers(this.#subscription.cursor ?? replay.after, replay.upTo)) this.#endReplay();
  }

  #endReplay(): void {
    const replay = this.#dropReplay();
    if (replay !== undefined) this.#options.observer.onNotice({ kind: 'resumed', after: replay.after, replayed: replay.count });
  }

  #dropReplay(): Replay | undefined {
    const replay = this.#replay;
    this.#replay = undefined;
    replay?.ending.abort();
    return replay;
  }

  #endCut(): Cut | undefined {
    const cut = this.#cut;
    clearTimeout(cut?.timer);
    this.#cut = undefined;
    return cut;
  }

  #onStatus({ status, error, delayMs = 0 }: Status): void {
    const { observer } = this.#options;
    if (status === 'live') {
      this.#interrupted = false;
      observer.onState({ kind: 'live' });
    } else if (error !== undefined && status === 'closed') {
      // Only a server without the lane answers its URL with 404.
      const isAbsent = error.status === 404;
      if (!isAbsent) observer.onNotice({ kind: 'error', message: sentence(error) });
      observer.onState({ kind: isAbsent ? 'absent' : 'ended' });
    } else if (error !== undefined && status === 'waiting') {
      this.#dropReplay();
      this.#noteLoss(error);
      observer.onState({ kind: 'lost', untilMs: Date.now() + delayMs });
    }
  }

  #noteLoss(error: LanesError): void {
    const { observer } = this.#options;
    const { cursor } = this.#subscription;
    if (cursor !== undefined && !this.#interrupted) {
      this.#interrupted = true;
      observer.onNotice({ kind: 'lost', after: cursor });
    }
    if (!LOST_CODES.includes(error.code)) observer.onNotice({ kind: 'error', message: sentence(error) });
    else if (cursor === undefined && error.code === 'network')
      observer.onNotice({ kind: 'error', message: 'The server cannot be reached.' });
  }
}

function sentence({ code, status, message, cause }: LanesError): string {
  // The page's own message about the sign-in says more than the client can.
  if (code === 'token_unavailable' && cause instanceof Error) return cause.message;
  return status === undefined || code === `http_${status}` ? message : `${message} (${code})`;
}
