import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** What passes of an event stream, before the proxy holds the rest. */
export type ProxyPasses = 'its first 60 bytes' | 'padding of its own' | 'its first chunk';

/** Some proxies send this, so that a browser shows something. */
const PADDING = `:${' '.repeat(2_048)}\n\n`;

/** A proxy that passes the beginning of a stream and holds the rest, for as long as the stream is open. */
export class StubProxy {
  readonly #server: http.Server;
  #holds = true;

  private constructor(target: string, passes: ProxyPasses) {
    this.#server = http.createServer((request, response) => {
      const { method, headers, url } = request;
      const forwarded = http.request(new URL(url ?? '/', target), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        const isStream = answer.headers['content-type'] === 'text/event-stream';
        if (isStream && this.#holds) passBeginning(answer, response, passes);
        else pipeline(answer, response, () => {});
      });
      forwarded.on('error', () => response.destroy());
      response.on('close', () => forwarded.destroy());
      request.pipe(forwarded);
    });
  }

  static async start(target: string, passes: ProxyPasses): Promise<StubProxy> {
    const proxy = new StubProxy(target, passes);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Passes everything of streams that open from now on. */
  free(): void {
    this.#holds = false;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function passBeginning(stream: http.IncomingMessage, response: http.ServerResponse, passes: ProxyPasses): void {
  let bytesLeft = passes === 'padding of its own' ? 0 : passes === 'its first chunk' ? Number.POSITIVE_INFINITY : 60;
  response.flushHeaders();
  if (bytesLeft === 0) response.write(PADDING);
  stream.on('data', (chunk: Buffer) => {
    if (bytesLeft > 0) response.write(chunk.subarray(0, bytesLeft));
    bytesLeft = passes === 'its first chunk' ? 0 : Math.max(0, bytesLeft - chunk.length);
  });
  stream.on('error', () => response.destroy());
  stream.on('end', () => response.end());
}
