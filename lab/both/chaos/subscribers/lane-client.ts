import { Agent, fetch as undiciFetch } from 'undici';
import { type Connection, connect, type Subscription, type Transport, type Tunables } from '../../../../packages/client/src/index.ts';
import { Journal } from '../journal.ts';
import { pause } from '../pause.ts';
import type { Subscriber, SubscriberOptions } from './subscriber.ts';

export interface ClientBehaviour {
  readonly transport: Transport;
  /** Goes over HTTP/2, many streams on one connection. @default false */
  readonly http2?: boolean;
  /** Changes to another transport, on average this often. @default never */
  readonly switchEveryMs?: number;
  /** Leaves and comes back with its cursor. @default never */
  readonly leaves?: { readonly afterMs: number; readonly forMs: number };
  /** Takes so long for each event, with a small buffer. @default takes all at once */
  readonly readDelayMs?: number;
}

const TRANSPORTS: readonly Transport[] = ['sse', 'websocket', 'poll'];

/** Minutes and hours of the client in seconds, so that a short run sees what they do. */
const TUNABLES: Partial<Tunables> = {
  reconnectMinMs: 100,
  reconnectMaxMs: 2_000,
  stableAfterMs: 2_000,
  silenceTimeoutMs: 8_000,
  streamRetryMs: 5_000,
  pollWaitSeconds: 5,
  pollIntervalMs: 200,
  pingIntervalMs: 8_000,
  rotateAfterMs: 18_000,
};

const SLOW_BUFFER = 20;

/** Subscribes with the client library. */
export function laneClient(options: SubscriberOptions, behaviour: ClientBehaviour): Subscriber {
  const { channels, urls, random, newToken, onProblem, name, beside } = options;
  const journals = channels.map((channel) => new Journal(name, channel, 'inOrder'));
  const agent = behaviour.http2 === true ? new Agent({ allowH2: true, connect: { rejectUnauthorized: false } }) : undefined;
  const restless = new AbortController();
  const stopped = new AbortController();
  const cursors = new Map<Journal, string>();

  function open(): Connection {
    return connect({
      url: agent === undefined ? urls.http : urls.https,
      websocketUrl: urls.websocket,
      transport: behaviour.transport,
      token: newToken,
      ...TUNABLES,
      ...(behaviour.readDelayMs === undefined ? {} : { bufferLimit: SLOW_BUFFER }),
      ...(agent === undefined ? {} : { fetch: over(agent) }),
    });
  }

  function subscribe(connection: Connection, journal: Journal): Subscription {
    const after = cursors.get(journal);
    const started = after === undefined ? journal.start() : undefined;
    const subscription = connection.subscribe(journal.channel, { ...(after !== undefined && { after }) });
    subscription.ready.then(
      () => started?.(subscription.cursor),
      () => undefined,
    );
    subscription.addEventListener('status', ({ detail: { status, error, transport } }) => {
      journal.note(`${status} over ${transport}${error === undefined ? '' : `: ${error.code}: ${error.message}`}`);
      if (status === 'closed' && error !== undefined) onProblem(`${name}: the subscription ended: ${error.code}: ${error.message}`);
    });
    if (behaviour.readDelayMs === undefined) {
      subscription.addEventListener('event', ({ detail }) => journal.event(detail));
      subscription.addEventListener('reset', ({ detail }) => journal.reset(detail));
    } else {
      void readSlowly(subscription, journal, behaviour.readDelayMs);
    }
    return subscription;
  }

  async function readSlowly(subscription: Subscription, journal: Journal, delayMs: number): Promise<void> {
    for await (const item of subscription) {
      if (item.kind === 'event') journal.event(item);
      else if (item.kind === 'reset') journal.reset(item);
      await pause(delayMs, restless.signal);
    }
  }

  async function live(): Promise<void> {
    for (let first = true; !stopped.signal.aborted; first = false) {
      if (!first) for (const journal of journals) journal.comeBack();
      const connection = open();
      beside?.(connection);
      const subscriptions = journals.map((journal) => ({ journal, subscription: subscribe(connection, journal) }));
      const ended = new AbortController();
      void switchTransports(connection, ended.signal);
      const leaves = behaviour.leaves !== undefined && (await pause(random.waitMs(behaviour.leaves.afterMs), restless.signal));
      if (!leaves) await aborted(stopped.signal);
      ended.abort();
      for (const { journal, subscription } of subscriptions) {
        if (subscription.cursor !== undefined) cursors.set(journal, subscription.cursor);
      }
      connection.close();
      for (const journal of journals) journal.leave();
      if (leaves) await pause(behaviour.leaves?.forMs ?? 0, restless.signal);
    }
    await agent?.destroy();
  }

  async function switchTransports(connection: Connection, signal: AbortSignal): Promise<void> {
    const { switchEveryMs } = behaviour;
    if (switchEveryMs === undefined) return;
    const over = AbortSignal.any([signal, restless.signal]);
    while (await pause(random.waitMs(switchEveryMs), over)) {
      connection.use(random.pick(TRANSPORTS.filter((transport) => transport !== connection.transport)) ?? 'sse');
    }
  }

  const living = live();
  return {
    name,
    journals,
    calm: () => restless.abort(),
    stop: () => {
      stopped.abort();
      return living;
    },
  };
}

/** The types of `undici` and those of Node's own copy of it differ in name only. */
function over(dispatcher: Agent): typeof fetch {
  const fetchOver = (input: string, init: object) => undiciFetch(input, { ...init, dispatcher });
  return fetchOver as unknown as typeof fetch;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
