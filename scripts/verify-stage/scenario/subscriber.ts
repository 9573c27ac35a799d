import { type ChannelEvent, type Connection, connect, type Subscription, type Transport } from '../../../packages/client/src/index.ts';
import { check, waitFor } from './step.ts';
import type { Target } from './target.ts';

/** A client of every lane that was deployed. */
export function openClient({ http, websocket, token, WebSocket }: Target, transport: Transport): Connection {
  return connect({ url: http, websocketUrl: websocket, transport, token, WebSocket, reconnectMinMs: 100, reconnectMaxMs: 1_000 });
}

/** Follows one channel with our client, and keeps what comes. */
export class Subscriber {
  readonly events: ChannelEvent[] = [];
  readonly #connection: Connection;
  readonly #subscription: Subscription;
  #resets = 0;

  constructor(target: Target, transport: Transport, channel: string, after?: string) {
    this.#connection = openClient(target, transport);
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

  /** For messages: the transport, what the client does, and what went wrong last. */
  get state(): string {
    const { transport, status, error } = this.#subscription.status;
    return `${transport}, ${status}${error === undefined ? '' : `: ${error.message}`}`;
  }

  use(transport: Transport): void {
    this.#connection.use(transport);
  }

  /** Waits for so many events in all, and checks that nothing was reset. */
  async count(wanted: number): Promise<void> {
    await waitFor(
      () => this.events.length >= wanted,
      () => `${this.events.length} of ${wanted} events over ${this.state}`,
    );
    check(this.#resets === 0, `${this.#resets} resets over ${this.#subscription.status.transport}`);
  }

  close(): void {
    this.#connection.close();
  }
}

/** Waits until all are live, and closes them when the work is done. @throws ScenarioError where one does not become live in time */
export async function withSubscribers<T>(open: readonly Subscriber[], work: () => Promise<T>): Promise<T> {
  try {
    await Promise.all(open.map((subscriber) => untilLive(subscriber)));
    return await work();
  } finally {
    for (const subscriber of open) subscriber.close();
  }
}

/** The client tries for ever where nobody answers: here it may not. */
async function untilLive(subscriber: Subscriber): Promise<void> {
  let isSettled = false;
  const ready = subscriber.ready.finally(() => {
    isSettled = true;
  });
  const inTime = waitFor(
    () => isSettled,
    () => `no subscription over ${subscriber.state}`,
  );
  await Promise.race([ready, inTime]);
}
