import { type ChannelLatest, type Connection, covers, type Subscription } from './index.ts';
import type { Delivery, TabError, TabMessage } from './tab-messages.ts';

type Join = Extract<TabMessage, { type: 'join' }>;

/** A channel's subscription at the server, which feeds all subscriptions of tabs that stand where it stands. */
interface Main {
  readonly subscription: Subscription;
  readonly names: Set<string>;
  /** Not yet where the main subscription stands: each has a subscription of its own until it is. */
  readonly behind: Map<string, Subscription>;
  /** What there is, of a `latest` channel. */
  readonly latest: Map<string, ChannelLatest>;
  isLatest: boolean;
  isLive: boolean;
}

/** Subscribes on behalf of the tabs. */
export class TabLeader {
  readonly #connection: Connection;
  readonly #deliver: (names: readonly string[], delivery: Delivery) => void;
  readonly #watch: (tab: string, gone: () => void, over: AbortSignal) => void;
  readonly #over = new AbortController();
  readonly #mains = new Map<string, Main>();
  /** Subscriptions of each tab, by name, with their channels. */
  readonly #tabs = new Map<string, Map<string, string>>();

  /**
   * @param deliver passes something on to subscriptions
   * @param watch calls `gone` once the tab has closed or was killed
   */
  constructor(
    connection: Connection,
    deliver: (names: readonly string[], delivery: Delivery) => void,
    watch: (tab: string, gone: () => void, over: AbortSignal) => void,
  ) {
    this.#connection = connection;
    this.#deliver = deliver;
    this.#watch = watch;
  }

  receive(message: TabMessage): void {
    if (message.type === 'join') this.#join(message);
    else if (message.type === 'leave') this.#leave(message.name);
  }

  close(): void {
    this.#over.abort();
    this.#connection.close();
  }

  #join({ tab, name, channel, after }: Join): void {
    let ofTab = this.#tabs.get(tab);
    if (ofTab === undefined) {
      ofTab = new Map();
      this.#tabs.set(tab, ofTab);
      this.#watch(tab, () => this.#forget(tab), this.#over.signal);
    }
    // Said twice: to the leader that is new, and to the one that it took the subscription for.
    this.#leave(name);
    ofTab.set(name, channel);
    const main = this.#mains.get(channel) ?? this.#open(channel, after);
    if (after === undefined || main.names.size + main.behind.size === 0 || isAt(after, main)) this.#attach(main, name);
    else this.#catchUp(main, name, channel, after);
  }

  #open(channel: string, after: string | undefined): Main {
    const subscription = this.#connection.subscribe(channel, { after });
    const main: Main = { subscription, names: new Set(), behind: new Map(), latest: new Map(), isLatest: false, isLive: false };
    this.#mains.set(channel, main);
    const toAll = (delivery: Delivery) => this.#deliver([...main.names], delivery);
    subscription.addEventListener('event', ({ detail }) => {
      toAll({ kind: 'event', event: detail });
      this.#attachThoseWhoAreThere(main);
    });
    subscription.addEventListener('latest', ({ detail }) => {
      main.isLatest = true;
      if (detail.removed) main.latest.delete(detail.key);
      else main.latest.set(detail.key, detail);
      toAll({ kind: 'latest', items: [detail] });
    });
    passResets(subscription, toAll);
    subscription.addEventListener('status', ({ detail: { status, error, delayMs = 0 } }) => {
      if (status === 'live') {
        main.isLive = true;
        toAll(toLive(main));
        this.#attachThoseWhoAreThere(main);
      } else if (status === 'waiting' && error) {
        main.isLive = false;
        toAll({ kind: 'waiting', error: toTabError(error), delayMs });
      } else if (status === 'closed' && error) {
        this.#mains.delete(channel);
        this.#deliver([...main.names, ...main.behind.keys()], { kind: 'failed', error: toTabError(error) });
        for (const own of main.behind.values()) own.close();
      }
    });
    return main;
  }

  #attach(main: Main, name: string): void {
    main.names.add(name);
    if (main.latest.size > 0) this.#deliver([name], { kind: 'latest', items: [...main.latest.values()] });
    if (main.isLive) this.#deliver([name], toLive(main));
  }

  /** Feeds the subscription alone, until it is where the others are. */
  #catchUp(main: Main, name: string, channel: string, after: string): void {
    const own = this.#connection.subscribe(channel, { after });
    main.behind.set(name, own);
    own.addEventListener('event', ({ detail }) => {
      this.#deliver([name], { kind: 'event', event: detail });
      this.#attachThoseWhoAreThere(main);
    });
    passResets(own, (delivery) => this.#deliver([name], delivery));
    own.addEventListener('status', ({ detail: { status, error } }) => {
      if (status === 'live') this.#attachThoseWhoAreThere(main);
      else if (status === 'closed' && error && main.behind.delete(name))
        this.#deliver([name], { kind: 'failed', error: toTabError(error) });
    });
  }

  #attachThoseWhoAreThere(main: Main): void {
    for (const [name, own] of main.behind) {
      if (own.cursor === undefined || !isAt(own.cursor, main)) continue;
      main.behind.delete(name);
      own.close();
      this.#attach(main, name);
    }
  }

  #leave(name: string): void {
    for (const ofTab of this.#tabs.values()) {
      const channel = ofTab.get(name);
      if (channel === undefined) continue;
      ofTab.delete(name);
      const main = this.#mains.get(channel);
      main?.names.delete(name);
      main?.behind.get(name)?.close();
      main?.behind.delete(name);
      if (main === undefined || main.names.size + main.behind.size > 0) continue;
      this.#mains.delete(channel);
      main.subscription.close();
    }
  }

  #forget(tab: string): void {
    for (const name of [...(this.#tabs.get(tab)?.keys() ?? [])]) this.#leave(name);
    this.#tabs.delete(tab);
  }
}

/** Whether a reader at this cursor lacks nothing that the main subscription has passed on. Those ahead drop what they have. */
function isAt(cursor: string, { subscription }: Main): boolean {
  return subscription.cursor !== undefined && covers(cursor, subscription.cursor);
}

function toLive({ subscription, isLatest }: Main): Delivery {
  return { kind: 'live', cursor: subscription.cursor, isLatest };
}

function passResets(subscription: Subscription, pass: (delivery: Delivery) => void): void {
  subscription.addEventListener('reset', ({ detail }) => {
    pass({ kind: 'reset', reason: detail.reason });
    // Events that came with it are delivered first. Then the position is known, even if there were none.
    queueMicrotask(() => pass({ kind: 'live', cursor: subscription.cursor, isLatest: false }));
  });
}

function toTabError({ code, message, status, final }: TabError): TabError {
  return { code, message, status, final };
}
