import { HALF_JITTER, jittered } from '../../protocol/backoff.ts';
import type { ClientFrame } from '../../protocol/index.ts';
import { Emitter } from './emitter.ts';
import type { Environment } from './environment.ts';
import { LanesError, toLanesError } from './errors.ts';
import type { Feed } from './feed.ts';
import { Attempts, retry } from './retry.ts';
import { type LaneSocket, openSocket, type Request, type ResponseFrame, type SocketOptions } from './socket.ts';
import { LINK, type LinkEffect, type LinkEvent, type LinkState } from './socket-states.ts';
import { SocketSubscriptions } from './socket-subscriptions.ts';
import type { HistoryPage, PublishAnswer, PublishRequest } from './types.ts';
import { guard, wait } from './wait.ts';

type PublishFrame = Extract<ClientFrame, { readonly action: 'publish' }>;

/** A socket is in use, or none can be opened. */
const CHANGED = 'changed';

/** From the first need for a socket until all are closed. */
interface Run {
  readonly controller: AbortController;
  readonly attempts: Attempts;
}

/**
 * The WebSocket lane: one socket for all subscriptions of a connection. It reconnects by itself, and replaces
 * the socket before API Gateway closes it. The table `LINK` decides when; this class carries it out.
 */
export class SocketLane {
  readonly #deps: SocketOptions & { readonly environment: Environment };
  readonly #subscriptions: SocketSubscriptions;
  readonly #inner = new Emitter();
  #state: LinkState = 'closed';
  #run: Run | undefined;
  /** Opened, but not in use yet. */
  #opened: LaneSocket | undefined;
  #inUse: LaneSocket | undefined;
  /** The previous socket, which delivers until the subscriptions have moved to the one in use. */
  #retiring: LaneSocket | undefined;
  /** Why the last attempt failed, or the socket in use was lost. */
  #error: LanesError | undefined;

  readonly #effects: Readonly<Record<LinkEffect, () => void>> = {
    open: () => void this.#open(),
    use: () => this.#use(),
    announcePause: () => void this.#pause((error, delayMs) => this.#subscriptions.waiting(error, delayMs)),
    pause: () => void this.#pause(),
    failAll: () => this.#subscriptions.failAll(this.#error ?? closed('the socket is closed')),
    closeAll: () => this.#closeAll(),
  };

  constructor(deps: SocketOptions & { readonly environment: Environment }) {
    this.#deps = deps;
    this.#subscriptions = new SocketSubscriptions(deps.options, () => this.#retire());
  }

  /** Feeds a subscription until `signal` is aborted, then resolves. Rejects with an error that is final. */
  follow(feed: Feed, signal: AbortSignal): Promise<void> {
    const done = this.#subscriptions.add(feed, signal);
    this.#dispatch('needed');
    return done;
  }

  /**
   * Publishes once, on the socket as soon as there is one. After an error, the event may or may not have been
   * published.
   */
  async publish(channel: string, event: PublishRequest, signal: AbortSignal): Promise<PublishAnswer> {
    // The server checks whether the event is one for a channel of this kind.
    const answer = await this.#ask({ action: 'publish', channel, ...event } as PublishFrame, signal);
    if (answer?.kind === 'publishedBatch' || answer?.kind === 'publishedLatestBatch') return answer;
    if (answer?.kind !== 'publishedLatest') return { channel, id: answer?.kind === 'published' ? answer.id : '' };
    const { conflationKey, version, publishedAt } = answer;
    return { channel, id: '', conflationKey, version, publishedAt };
  }

  /** Reads a page of a channel's history once. */
  async history(asked: Omit<ClientFrame & { readonly action: 'history' }, 'action'>, signal: AbortSignal): Promise<HistoryPage> {
    return (await this.#ask({ action: 'history', ...asked }, signal)) as ResponseFrame & { readonly kind: 'history' };
  }

  /** Sends a frame, on the socket as soon as there is one, and returns its only answer. */
  async #ask(frame: Request, signal: AbortSignal): Promise<ResponseFrame | undefined> {
    this.#dispatch('needed');
    while (this.#inUse === undefined) {
      await wait(Number.POSITIVE_INFINITY, signal, this.#inner, [CHANGED]);
      if (this.#state === 'closed') throw this.#error ?? closed('the socket is closed');
    }
    let answer: ResponseFrame | undefined;
    const answered = this.#inUse.request(frame, (response) => {
      answer = response;
      return true;
    });
    await Promise.race([answered, wait(Number.POSITIVE_INFINITY, signal)]);
    return answer;
  }

  /** Closes the socket. */
  stop(): void {
    this.#dispatch('stopped');
  }

  #dispatch(event: LinkEvent): void {
    const transition = LINK[this.#state][event];
    if (transition === undefined) return;
    const [state, ...effects] = transition;
    this.#state = state;
    for (const effect of effects) this.#effects[effect]();
  }

  async #open(): Promise<void> {
    this.#run ??= this.#begin();
    const { attempts, controller } = this.#run;
    const { signal } = controller;
    attempts.begin();
    try {
      const socket = await openSocket(this.#deps, signal, (push, from) => this.#subscriptions.receive(push, from));
      if (signal.aborted) socket.close(closed('the socket is closed'));
      signal.throwIfAborted();
      attempts.live();
      this.#opened = socket;
      this.#dispatch('opened');
    } catch (thrown) {
      if (!signal.aborted) this.#failed(toLanesError(thrown));
    }
  }

  #begin(): Run {
    const { options, environment } = this.#deps;
    const controller = new AbortController();
    this.#error = undefined;
    return { controller, attempts: new Attempts({ options, environment, signal: controller.signal }) };
  }

  #failed(error: LanesError): void {
    this.#error = error;
    this.#dispatch(error.final ? 'refused' : 'failed');
  }

  async #pause(onRetry?: (error: LanesError, delayMs: number) => void): Promise<void> {
    if (this.#run === undefined || this.#error === undefined) return;
    const { attempts, controller } = this.#run;
    try {
      await attempts.pause(this.#error, onRetry);
      if (!controller.signal.aborted) this.#dispatch('retryDue');
    } catch (thrown) {
      // The socket in use was lost for a reason that is final.
      if (!controller.signal.aborted) this.#failed(toLanesError(thrown));
    }
  }

  #use(): void {
    const socket = this.#opened;
    if (socket === undefined || this.#run === undefined) return;
    const { options, environment } = this.#deps;
    this.#opened = undefined;
    if (this.#inUse !== undefined) {
      this.#retiring?.close(closed('the socket was replaced'));
      this.#retiring = this.#inUse;
    }
    this.#inUse = socket;
    const watch = guard(this.#run.controller.signal);
    // Lost or stopped, or the server refuses pings for good.
    this.#keepChecking(socket, watch.signal).catch(() => {});
    wait(jittered(options.rotateAfterMs, HALF_JITTER), watch.signal, environment, ['online'])
      .then(() => {
        watch.release();
        if (this.#inUse === socket) this.#dispatch('replaceDue');
      })
      // It was already lost or stopped.
      .catch(() => {});
    void socket.lost.then((reason) => {
      watch.release();
      if (this.#inUse !== socket) return;
      this.#inUse = undefined;
      this.#error = reason;
      this.#subscriptions.use(undefined);
      this.#dispatch('lost');
    });
    this.#inner.emit(CHANGED);
    this.#subscriptions.use(socket);
  }

  /** Keeps the socket from being closed as idle, finds out whether it is dead, and finds an event that was lost as the last one. */
  async #keepChecking(socket: LaneSocket, signal: AbortSignal): Promise<never> {
    const { options, environment } = this.#deps;
    for (;;) {
      await wait(jittered(options.pingIntervalMs, HALF_JITTER), signal, environment, ['visible']);
      await retry(() => this.#subscriptions.check(socket).then(() => true), { options, environment, signal });
    }
  }

  /** All subscriptions are on the socket in use. */
  #retire(): void {
    this.#retiring?.close(closed('the socket was replaced'));
    this.#retiring = undefined;
  }

  #closeAll(): void {
    const sockets = [this.#inUse, this.#retiring];
    this.#inUse = this.#retiring = undefined;
    this.#subscriptions.use(undefined);
    this.#run?.controller.abort();
    this.#run = undefined;
    for (const socket of sockets) socket?.close(closed('the socket is closed'));
    this.#inner.emit(CHANGED);
  }
}

function closed(detail: string): LanesError {
  return new LanesError('closed', detail);
}
