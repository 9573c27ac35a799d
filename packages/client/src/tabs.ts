/** One stream per browser: the tabs of a user share the requests of one of them. See docs/decisions/0064. */
import type { LatestEntry } from '../../protocol/index.ts';
import type { Feed } from './feed.ts';
import type { Sharing, SharingHost } from './index.ts';
import { LanesError } from './index.ts';
import { randomName } from './random-name.ts';
import { TabLeader } from './tab-leader.ts';
import type { Delivery, TabMessage } from './tab-messages.ts';

export interface TabOptions {
  /** How often a tab makes sure that the leader still answers. After two beats without an answer, another tab takes over. @default 2000 */
  readonly beatMs?: number | undefined;
}

const DEFAULT_BEAT_MS = 2_000;

/** Beats of a tab that runs and hears nothing of the leader. */
const MISSED_BEATS = 2;

/**
 * For the option `share` of `connect`: all tabs of this origin with the same URL and user share one connection, which one
 * of them opens. Tabs of different users never do. Where the browser lacks Web Locks or BroadcastChannel (and on pages
 * without HTTPS), each tab has its own.
 * @param user who is signed in: whatever tells users apart, for example the `sub` of the token
 * @throws TypeError if `user` is empty or no text: then nothing would keep users apart
 */
export function shareTabs(user: string, { beatMs = DEFAULT_BEAT_MS }: TabOptions = {}): Sharing {
  if (typeof user !== 'string' || user === '')
    throw new TypeError(`shareTabs needs the user who is signed in, and not ${JSON.stringify(user)}`);
  if (!(beatMs > 0)) throw new TypeError(`beatMs is ${beatMs}, but must be more than 0`);
  return (host) => {
    const locks = globalThis.navigator?.locks;
    if (locks === undefined || globalThis.BroadcastChannel === undefined) return undefined;
    return new TabLane(`lanes ${JSON.stringify([host.url, user])}`, host, locks, beatMs);
  };
}

interface TabSubscription {
  readonly feed: Feed;
  readonly reject: (error: LanesError) => void;
  /** By `performance.now()`: what a leader has not named since then is gone. */
  joinedAtMs: number;
}

/** A tab's subscriptions, which the leader feeds: another tab, or this one. */
class TabLane {
  readonly #name: string;
  readonly #host: SharingHost;
  readonly #locks: LockManager;
  readonly #id = randomName();
  readonly #closing = new AbortController();
  readonly #subscriptions = new Map<string, TabSubscription>();
  readonly #beatMs: number;
  /** Exists from the first subscription on. */
  #bus: BroadcastChannel | undefined;
  #started: Promise<void> | undefined;
  #count = 0;
  /** The leadership that this tab follows: each has a random name of its own. */
  #term: string | undefined;
  #missedBeats = 0;
  #leader: { readonly term: string; readonly subscriptions: TabLeader } | undefined;
  /** The request for the lock of the leader: it waits, or this tab leads. */
  #bid: AbortController | undefined;

  constructor(name: string, host: SharingHost, locks: LockManager, beatMs: number) {
    this.#name = name;
    this.#host = host;
    this.#locks = locks;
    this.#beatMs = beatMs;
  }

  /** Resolves when `signal` is aborted; rejects with an error that is final. */
  async follow(feed: Feed, signal: AbortSignal): Promise<void> {
    this.#started ??= this.#start();
    await this.#started;
    if (signal.aborted) return;
    await new Promise<void>((resolve, reject) => {
      const name = `${this.#id} ${++this.#count}`;
      this.#subscriptions.set(name, { feed, reject, joinedAtMs: 0 });
      signal.addEventListener('abort', () => {
        this.#subscriptions.delete(name);
        this.#send({ type: 'leave', name });
        resolve();
      });
      this.#join(name);
    });
  }

  close(): void {
    this.#stopLeading();
    this.#closing.abort();
  }

  /** Resolves when others can tell whether this tab is alive: it holds a lock as long as it is. */
  #start(): Promise<void> {
    const { signal } = this.#closing;
    const bus = new BroadcastChannel(this.#name);
    this.#bus = bus;
    bus.addEventListener('message', ({ data }) => this.#receive(data as TabMessage), { signal });
    // At different times, so that not all of them take over at once.
    const timer = setInterval(() => this.#beat(), this.#beatMs * (1 + Math.random() / 2));
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      bus.close();
    });
    return new Promise((resolve) => {
      void this.#hold(`${this.#name} ${this.#id}`, { signal: this.#closing.signal }, () => {
        resolve();
        void this.#lead({});
        this.#send({ type: 'hello' });
      });
    });
  }

  /** Leads as soon as nobody else does, or at once. */
  async #lead(options: LockOptions): Promise<void> {
    this.#bid?.abort();
    const bid = new AbortController();
    this.#bid = bid;
    const over = AbortSignal.any([bid.signal, this.#closing.signal]);
    // A request that steals must not have a signal.
    await this.#hold(this.#name, options.steal ? options : { ...options, signal: over }, () => {
      const term = randomName();
      const deliver = (names: readonly string[], delivery: Delivery) => this.#deliver(term, names, delivery);
      const watch = (tab: string, gone: () => void, over: AbortSignal) => {
        this.#locks.request(`${this.#name} ${tab}`, { mode: 'shared', signal: over }, gone).catch(() => {});
      };
      this.#leader = { term, subscriptions: new TabLeader(this.#host.connect(), deliver, watch) };
      this.#send({ type: 'leader', term });
      this.#enter(term);
    });
    if (over.aborted) return;
    // Another tab found that this one did not answer, and has taken over.
    this.#stopLeading();
    void this.#lead({});
    this.#send({ type: 'hello' });
  }

  /** Holds a lock until this tab closes, or another one steals it. */
  async #hold(name: string, options: LockOptions, held: () => void): Promise<void> {
    const { signal } = this.#closing;
    const untilClosed = () =>
      new Promise<void>((resolve) => {
        if (signal.aborted) return resolve();
        signal.addEventListener('abort', () => resolve());
        held();
      });
    await this.#locks.request(name, options, untilClosed).catch(() => {});
  }

  #beat(): void {
    if (this.#leader !== undefined) return;
    if (++this.#missedBeats > MISSED_BEATS) {
      this.#missedBeats = 0;
      void this.#lead({ steal: true });
    } else this.#send({ type: 'hello' });
  }

  #stopLeading(): void {
    this.#leader?.subscriptions.close();
    this.#leader = undefined;
  }

  #enter(term: string): void {
    this.#missedBeats = 0;
    if (this.#term === term) return;
    // It was frozen, and hears of its successor before it hears that the lock is gone.
    if (this.#leader?.term !== term) this.#stopLeading();
    this.#term = term;
    for (const name of this.#subscriptions.keys()) this.#join(name);
  }

  #join(name: string): void {
    const subscription = this.#subscriptions.get(name);
    // Without a leader it joins when there is one.
    if (subscription === undefined || this.#term === undefined) return;
    const { channel, order } = subscription.feed;
    subscription.joinedAtMs = performance.now();
    this.#send({ type: 'join', tab: this.#id, name, channel, after: order.cursor });
  }

  #send(message: TabMessage): void {
    if (this.#closing.signal.aborted) return;
    this.#bus?.postMessage(message);
    // A tab does not hear itself.
    this.#leader?.subscriptions.receive(message);
  }

  #receive(message: TabMessage): void {
    if (message.type === 'leader') this.#enter(message.term);
    else if (message.type === 'deliver') {
      if (message.term !== this.#term) return;
      this.#missedBeats = 0;
      this.#take(message.names, message.delivery);
    } else if (this.#leader !== undefined) {
      if (message.type === 'hello') this.#bus?.postMessage({ type: 'leader', term: this.#leader.term } satisfies TabMessage);
      this.#leader.subscriptions.receive(message);
    }
  }

  #deliver(term: string, names: readonly string[], delivery: Delivery): void {
    if (term !== this.#term) return;
    if (names.some((name) => !this.#subscriptions.has(name))) this.#send({ type: 'deliver', term, names, delivery });
    this.#take(names, delivery);
  }

  #take(names: readonly string[], delivery: Delivery): void {
    for (const name of names) {
      const subscription = this.#subscriptions.get(name);
      if (subscription !== undefined) take(subscription, delivery);
    }
  }
}

function take({ feed, reject, joinedAtMs }: TabSubscription, delivery: Delivery): void {
  const { order, latest } = feed;
  if (delivery.kind === 'event') feed.take(delivery.event.id === '' ? [delivery.event] : order.next(delivery.event));
  else if (delivery.kind === 'reset') feed.take(order.reset(delivery.reason, undefined));
  else if (delivery.kind === 'latest') feed.take(latest.offer(delivery.items as readonly LatestEntry[]));
  else if (delivery.kind === 'waiting') feed.waiting(toError(delivery.error), delivery.delayMs);
  else if (delivery.kind === 'failed') reject(toError(delivery.error));
  else {
    if (delivery.cursor !== undefined) feed.take(order.settle(delivery.cursor));
    if (delivery.isLatest || latest.state !== undefined) feed.take(latest.complete(joinedAtMs));
    feed.live();
  }
}

function toError({ code, message, ...more }: Extract<Delivery, { kind: 'failed' }>['error']): LanesError {
  return new LanesError(code, message, more);
}
