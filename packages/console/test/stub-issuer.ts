import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ISSUER_PATH, Issuer } from '../../assembly-local/issuer/issuer.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The issuer of the local run, which misbehaves on demand. */
export class StubIssuer {
  readonly #server: Server;
  readonly #issuer: Issuer;
  /** Handlers that respond instead of the issuer, by the path below it: `/authorize`. */
  readonly instead = new Map<string, Handler>();
  /** Requested paths, in order. */
  readonly asked: string[] = [];

  private constructor(server: Server, issuer: Issuer) {
    this.#server = server;
    this.#issuer = issuer;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const path = new URL(request.url ?? '/', issuer.url).pathname.slice(ISSUER_PATH.length);
      this.asked.push(path);
      const handler = this.instead.get(path);
      if (handler === undefined) void issuer.handle(request, response);
      else handler(request, response);
    });
  }

  static async start(): Promise<StubIssuer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${ISSUER_PATH}`;
    return new StubIssuer(server, await Issuer.create(url, 'client-1'));
  }

  get url(): string {
    return this.#issuer.url;
  }

  /** Sends users back with these parameters, and with the state that they came with. */
  sendBackWith(answer: Readonly<Record<string, string>>): void {
    this.instead.set('/authorize', (request, response) => {
      const query = new URL(request.url ?? '/', this.url).searchParams;
      const back = new URL(query.get('redirect_uri') ?? '');
      back.search = new URLSearchParams({ state: query.get('state') ?? '', ...answer }).toString();
      response.writeHead(302, { location: back.href }).end();
    });
  }

  /** Answers a path so, readable for pages of every origin. */
  answer(path: string, status: number, body: unknown): void {
    this.instead.set(path, (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' }).end(JSON.stringify(body));
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
