import { connect, createServer, type Server, type Socket } from 'node:net';
import { closed, LOOPBACK, listen } from '../../../packages/assembly-local/loopback.ts';
import { createLink, type Direction, type LinkProfile } from './link.ts';

export interface LinkProxyOptions {
  readonly targetPort: number;
  readonly seed: number;
  /** Connections of proxies with the same seed and name meet the same links, in the order of their opening. */
  readonly name: string;
  readonly profile: LinkProfile;
}

/** What has passed so far, as the payload of TCP: TLS is in it, the headers of TCP and IP are not. */
export interface LinkCounts {
  readonly connections: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** A TCP proxy on loopback, each of whose connections is a link of its own. */
export class LinkProxy {
  readonly #options: LinkProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #counts = { connections: 0, bytesUp: 0, bytesDown: 0 };

  constructor(options: LinkProxyOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  get port(): number {
    return this.#port;
  }

  get counts(): LinkCounts {
    return { ...this.#counts };
  }

  async listen(): Promise<void> {
    this.#port = await listen(this.#server);
  }

  /** Resets every connection at once, at both ends. New ones are accepted. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const done = closed(this.#server);
    for (const socket of this.#sockets) socket.destroy();
    await done;
  }

  #accept(client: Socket): void {
    const { targetPort, seed, name, profile } = this.#options;
    const server = connect({ host: LOOPBACK, port: targetPort, allowHalfOpen: true, noDelay: true });
    const { up, down } = createLink(seed, `${name}/${this.#counts.connections++}`, profile);
    const openedMs = performance.now();
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      // `close` follows, and is what counts.
      socket.on('error', () => undefined);
    }
    carry(client, server, { openedMs, arrival: up, count: (bytes) => (this.#counts.bytesUp += bytes) });
    carry(server, client, { openedMs, arrival: down, count: (bytes) => (this.#counts.bytesDown += bytes) });
  }
}

interface Way {
  readonly openedMs: number;
  readonly arrival: Direction;
  readonly count: (bytes: number) => void;
}

/** Carries what comes from one socket to the other, later. */
function carry(from: Socket, to: Socket, { openedMs, arrival, count }: Way): void {
  /** Undefined is the end. */
  const underWay: { readonly atMs: number; readonly bytes: Buffer | undefined }[] = [];
  let timer: NodeJS.Timeout | undefined;

  const send = (bytes: Buffer | undefined) => {
    underWay.push({ atMs: openedMs + arrival(performance.now() - openedMs), bytes });
    timer ??= setTimeout(deliver, 0);
  };
  // One timer for all that is under way: timers of their own might fire in another order.
  const deliver = () => {
    const nowMs = performance.now();
    for (let next = underWay[0]; next !== undefined && next.atMs <= nowMs; next = underWay[0]) {
      underWay.shift();
      if (next.bytes === undefined) to.end();
      else to.write(next.bytes);
    }
    const [next] = underWay;
    timer = next === undefined ? undefined : setTimeout(deliver, next.atMs - nowMs);
  };

  from.on('data', (bytes: Buffer) => {
    count(bytes.length);
    send(bytes);
  });
  from.on('end', () => send(undefined));
  from.on('close', (hadError) => {
    if (hadError) to.resetAndDestroy();
    else if (!from.readableEnded) to.destroy();
  });
  to.on('close', () => {
    clearTimeout(timer);
    underWay.length = 0;
  });
}
