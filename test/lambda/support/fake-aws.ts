import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface FakeService {
  readonly endpoint: string;
  readonly requests: RecordedRequest[];
  stop(): Promise<void>;
}

export interface FakeResponse {
  readonly status?: number;
  /** @default none */
  readonly body?: string | ((request: string) => string);
}

/** A service on loopback that records requests, and answers all of them in the same way. */
export async function startFakeService(answer: FakeResponse = {}): Promise<FakeService> {
  const requests: RecordedRequest[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    text(request).then((body) => {
      requests.push({ method: request.method ?? '', path: decodeURIComponent(request.url ?? ''), body });
      response.writeHead(answer.status ?? 200).end(typeof answer.body === 'function' ? answer.body(body) : answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
