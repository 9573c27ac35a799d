import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The line by which a server of the bench says that it listens; ports only, all of them on loopback. */
export interface ReadyLine {
  readonly port: number;
  /** Where it differs from the port of the streams. */
  readonly publishPort?: number;
  /** What streams and publications have to bring, where the server checks it. */
  readonly token?: string;
}

const LOOPBACK = '127.0.0.1';

/** Listens on a free port, or on the port given. */
export function listenOnLoopback(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // As many as the kernel allows: a bench connects thousands at once.
    server.listen({ port, host: LOOPBACK, backlog: 65_535 }, () => resolve((server.address() as AddressInfo).port));
  });
}

export function announce(line: ReadyLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** An HTTP server that hands the body of every POST to `publish`, and whatever else comes to `other`. Answers 202. */
export function createPublishServer(
  publish: (body: string) => unknown,
  other: Parameters<typeof createServer>[1] = (_request, response) => response.writeHead(404).end(),
): Server {
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return other(request, response);
    let body = '';
    request.setEncoding('latin1');
    request.on('data', (text: string) => {
      body += text;
    });
    request.on('end', async () => {
      await publish(body);
      response.writeHead(202, { 'Content-Length': 0 }).end();
    });
  });
  server.keepAliveTimeout = 600_000;
  return server;
}
