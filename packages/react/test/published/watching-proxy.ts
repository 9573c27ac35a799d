import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

/** Passes bytes on to a server, and counts the connections that carry a stream, a poll or a socket. */
export class WatchingProxy {
  readonly #server: Server;
  readonly #reading = new Set<object>();

  private constructor(target: URL) {
    this.#server = createServer((client) => {
      const server = connect(Number(target.port), target.hostname);
      client.on('data', (bytes: Buffer) => {
        // A connection may have carried other requests before.
        if (/^GET \/v1\/events\?|^Upgrade: websocket/im.test(bytes.toString('latin1'))) this.#reading.add(client);
      });
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        socket
          .on('error', () => {})
          .on('close', () => {
            this.#reading.delete(client);
            other.destroy();
          });
      }
      client.pipe(server).pipe(client);
    });
  }

  static async start(target: URL): Promise<WatchingProxy> {
    const proxy = new WatchingProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections read at the moment. */
  get readers(): number {
    return this.#reading.size;
  }

  /** Call it when nobody is connected any more. */
  async stop(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}
