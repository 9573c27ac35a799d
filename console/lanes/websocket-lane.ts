import type { ClientFrame, ServerFrame } from '../../backbone/protocol.ts';
import { ChannelOrder } from './channel-order.ts';
import { CHECK_INTERVAL_MS, type Lane, type LaneObserver, type ReceivedEvent, SUBPROTOCOL_NAME } from './lane.ts';
import { Link } from './link.ts';

/** Events overtake each other for a moment when invocations run side by side; only what is missing for longer is asked for. */
const GAP_WAIT_MS = 300;

/** A socket that does not answer for this long is dead, even if nobody has told us. */
const ANSWER_TIMEOUT_MS = 10_000;

/** The part of the browser's WebSocket that the lane uses. */
export interface Socket {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface WebSocketLaneOptions {
  readonly url: string;
  readonly channel: string;
  readonly observer: LaneObserver;
  readonly createSocket?: (url: string, protocol: string) => Socket;
  readonly random?: () => number;
}

/** A `subscribe` that has not been answered in full. */
interface Sync {
  readonly requestId: string;
  readonly purpose: 'first' | 'resume' | 'mend' | 'check';
  readonly after: string | undefined;
  /** Where to go on after a reset. */
  baseline?: string;
  received: number;
}

interface PendingPublish {
  readonly resolve: (id: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A channel over the WebSocket lane. The server sends events as they come, perhaps out of order, twice or not at all;
 * order, repeats and gaps are the client's to mend. One question mends everything: `subscribe` after what we have.
 */
export class WebSocketLane implements Lane {
  readonly #options: WebSocketLaneOptions;
  readonly #order = new ChannelOrder<ReceivedEvent>();
  readonly #link: Link;
  readonly #publishes = new Map<string, PendingPublish>();
  #socket: Socket | undefined;
  #sync: Sync | undefined;
  #connectedBefore = false;
  #requests = 0;
  #gapTimer: ReturnType<typeof setTimeout> | undefined;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #checkTimer: ReturnType<typeof setInterval>;

  constructor(options: WebSocketLaneOptions) {
    this.#options = options;
    const { observer, random = Math.random } = options;
    this.#link = new Link({
      open: () => this.#connect(),
      drop: () => this.#drop(),
      onState: (state) => observer.onState(state),
      random,
    });
    // API Gateway closes a socket that is idle for 10 min; the check keeps it busy as well.
    this.#checkTimer = setInterval(() => this.#startSync('check'), CHECK_INTERVAL_MS);
    this.#link.open();
  }

  cut(): void {
    if (!this.#link.connected) return;
    this.#options.observer.onNotice({ kind: 'cut', after: this.#order.position });
    this.#link.cut();
  }

  resume(): void {
    this.#link.resume();
  }

  close(): void {
    clearInterval(this.#checkTimer);
    this.#link.close();
  }

  /**
   * Publishes on the lane's own socket.
   * @returns the id of the event
   */
  publish(type: string, data: string): Promise<string> {
    if (!this.#link.connected) return Promise.reject(new Error('The WebSocket is not connected.'));
    const requestId = this.#nextRequestId();
    const { channel } = this.#options;
    return new Promise((resolve, reject) => {
      this.#publishes.set(requestId, { resolve, reject });
      this.#send({ action: 'publish', channel, ...(type === '' ? {} : { type }), data, requestId });
    });
  }

  #connect(): void {
    const { url, createSocket = openBrowserSocket } = this.#options;
    const socket = createSocket(url, SUBPROTOCOL_NAME);
    this.#socket = socket;
    this.#awaitAnswer();
    socket.onopen = () => this.#startSync(this.#connectedBefore ? 'resume' : 'first');
    socket.onmessage = ({ data }) => this.#receive(String(data));
    socket.onclose = () => this.#lost();
  }

  #lost(): void {
    if (this.#link.connected) this.#options.observer.onNotice({ kind: 'lost', after: this.#order.position });
    this.#link.lost();
  }

  #drop(): void {
    clearTimeout(this.#gapTimer);
    clearTimeout(this.#answerTimer);
    this.#gapTimer = undefined;
    this.#sync = undefined;
    for (const { reject } of this.#publishes.values()) reject(new Error('The WebSocket closed before the answer came.'));
    this.#publishes.clear();
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #startSync(purpose: Sync['purpose']): void {
    const connecting = purpose === 'first' || purpose === 'resume';
    if (this.#socket === undefined || this.#sync !== undefined || (!connecting && this.#order.position === undefined)) return;
    const after = this.#order.position;
    const { channel } = this.#options;
    const requestId = this.#nextRequestId();
    this.#sync = { requestId, purpose, after, received: 0 };
    this.#awaitAnswer();
    this.#send({ action: 'subscribe', channel, ...(after === undefined ? {} : { after }), requestId });
  }

  #endSync(): Sync | undefined {
    const sync = this.#sync;
    this.#sync = undefined;
    clearTimeout(this.#answerTimer);
    if (sync?.purpose === 'first' || sync?.purpose === 'resume') {
      this.#connectedBefore = true;
      this.#link.established();
    }
    return sync;
  }

  #receive(text: string): void {
    const frame = JSON.parse(text) as ServerFrame;
    const { observer } = this.#options;
    switch (frame.kind) {
      case 'subscribed':
        if (frame.requestId !== this.#sync?.requestId || this.#sync === undefined) return;
        this.#sync.baseline = frame.id;
        if (this.#sync.after === undefined) this.#begin(frame.id);
        return;
      case 'event':
        this.#offer(frame);
        return;
      case 'caughtUp':
        this.#caughtUp(frame.id, frame.requestId);
        return;
      case 'reset':
        observer.onNotice({ kind: 'reset', reason: frame.reason });
        if (this.#sync?.baseline !== undefined) this.#begin(this.#sync.baseline);
        return;
      case 'published':
        this.#publishes.get(frame.requestId ?? '')?.resolve(frame.id);
        this.#publishes.delete(frame.requestId ?? '');
        return;
      case 'error':
        this.#refused(frame.message, frame.requestId);
        return;
      default:
        return;
    }
  }

  /** Begins behind the baseline, without a replay: the first subscription, and what follows a reset. */
  #begin(baseline: string): void {
    const sync = this.#endSync();
    this.#deliver(this.#order.start(baseline));
    if (sync?.purpose === 'resume') this.#options.observer.onNotice({ kind: 'resumed', after: sync.after, replayed: 0 });
  }

  #offer({ id, type, data, publishedAt }: ReceivedEvent): void {
    const offer = this.#order.offer({ id, type, data, ...(publishedAt === undefined ? {} : { publishedAt }) });
    if (offer.kind === 'repeat') this.#options.observer.onRepeat();
    // The server knows whether the log began anew; it answers with a reset then.
    else if (offer.kind === 'foreign') this.#startSync('check');
    else {
      if (this.#sync !== undefined) this.#sync.received++;
      this.#deliver(offer.events);
    }
    this.#watchGap();
  }

  #caughtUp(id: string, requestId: string | undefined): void {
    // Released as part of the replay: they are what it was waiting for.
    this.#deliver(this.#order.settle(id));
    if (requestId === undefined || requestId !== this.#sync?.requestId) return;
    const sync = this.#endSync();
    const { observer } = this.#options;
    if (sync?.purpose === 'resume') observer.onNotice({ kind: 'resumed', after: sync.after, replayed: sync.received });
    if (sync?.purpose === 'mend' && sync.after !== undefined && this.#order.newestHeld === undefined) {
      observer.onNotice({ kind: 'mended', after: sync.after, found: sync.received });
    }
    this.#watchGap();
  }

  #deliver(events: readonly ReceivedEvent[]): void {
    // A live event in the short time of a replay cannot be told from a replayed one, and counts as such.
    const arrival = this.#sync?.purpose === 'resume' ? 'replayed' : 'live';
    for (const event of events) this.#options.observer.onEvent(event, arrival);
  }

  #watchGap(): void {
    if (this.#order.newestHeld === undefined) {
      clearTimeout(this.#gapTimer);
      this.#gapTimer = undefined;
    } else if (this.#gapTimer === undefined) {
      this.#gapTimer = setTimeout(() => {
        this.#gapTimer = undefined;
        this.#startSync('mend');
      }, GAP_WAIT_MS);
    }
  }

  #refused(message: string, requestId: string | undefined): void {
    const publish = this.#publishes.get(requestId ?? '');
    if (publish !== undefined) {
      this.#publishes.delete(requestId ?? '');
      publish.reject(new Error(message));
      return;
    }
    this.#options.observer.onNotice({ kind: 'error', message });
    if (requestId !== undefined && requestId === this.#sync?.requestId) this.#link.lost();
  }

  #awaitAnswer(): void {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.#lost(), ANSWER_TIMEOUT_MS);
  }

  #nextRequestId(): string {
    return String(++this.#requests);
  }

  #send(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }
}

function openBrowserSocket(url: string, protocol: string): Socket {
  return new WebSocket(url, protocol);
}
