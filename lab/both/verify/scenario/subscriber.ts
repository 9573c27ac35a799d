import { type ChannelEvent, type Connection, connect, type Subscription, type Transport } from '../../../../packages/client/src/index.ts';
import { EmulatorSocket } from './emulator-socket.ts';
import { check, type World, waitFor } from './world.ts';

/** A client of both lanes. */
export function openClient({ http, websocket, issuer }: World, transport: Transport): Connection {
  return connect({
    url: http,
    websocketUrl: websocket,
    transport,
    token: issuer.issueForRun(),
    WebSocket: EmulatorSocket,
    reconnectMinMs: 100,
    reconnectMaxMs: 1_000,
  });
}

/** Follows one channel with our client, and keeps what comes. */
export class Subscriber {
  readonly events: ChannelEvent[] = [];
  readonly #connection: Connection;
  readonly #subscription: Subscription;
  #resets = 0;

  constructor(world: World, transport: Transport, channel: string, after?: string) {
    this.#connection = openClient(world, transport);
    this.#subscription = this.#connection.subscribe(channel, { ...(after !== undefined && { after }) });
    this.#subscription.addEventListener('event', ({ detail }) => this.events.push(detail));
    this.#subscription.addEventListener('reset', () => {
      this.#resets += 1;
    });
  }

  /** Resolves once everything that is published from now on will arrive. */
  get ready(): Promise<void> {
    return this.#subscription.ready;
  }

  get ids(): readonly string[] {
    return this.events.map(({ id }) => id);
  }

  get isLive(): boolean {
    return this.#subscription.status.status === 'live';
  }

  use(transport: Transport): void {
    this.#connection.use(transport);
  }

  /** Waits for so many events in all, and checks that nothing was reset. */
  async count(wanted: number): Promise<void> {
    const { transport, status, error } = this.#subscription.status;
    const state = () => `${this.events.length} of ${wanted} events over ${transport}, ${status}${error === undefined ? '' : `: ${error}`}`;
    await waitFor(() => this.events.length >= wanted, state);
    check(this.#resets === 0, `${this.#resets} resets over ${transport}`);
  }

  close(): void {
    this.#connection.close();
  }
}

/** Opens subscribers, waits until all are live, and closes them when the work is done. */
export async function withSubscribers<T>(open: readonly Subscriber[], work: () => Promise<T>): Promise<T> {
  try {
    await Promise.all(open.map(({ ready }) => ready));
    return await work();
  } finally {
    for (const subscriber of open) subscriber.close();
  }
}
