import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { type WebSocket, WebSocketServer } from 'ws';
import { ACCOUNT, apiHost } from '../assembly/resource-types.ts';
import type { Faults } from '../faults.ts';
import type { InvokeOutcome } from '../functions/instance.ts';
import type { Access } from '../iam/access.ts';
import type { Log } from '../log.ts';
import { LOOPBACK, listen } from '../loopback.ts';
import { ClientConnection, CONNECTION_LIMITS, type ConnectionLimits } from './client-connection.ts';
import { FrameSizeWatch } from './frame-size-watch.ts';
import { handleManagement } from './management.ts';
import {
  type ApiIdentity,
  type ConnectionIdentity,
  connectEvent,
  connectionIdentity,
  disconnectEvent,
  messageEvent,
  newId,
} from './proxy-events.ts';
import type { RouteSelection } from './route-selection.ts';

export const MAX_MESSAGE_BYTES = 128 * 1024;
export const MAX_FRAME_BYTES = 32 * 1024;

/** A Lambda proxy integration. */
export interface Integration {
  readonly timeoutMs: number;
  /** `forbidden` when API Gateway may not invoke it. */
  invoke(event: object): Promise<InvokeOutcome | 'forbidden'>;
}

export interface WebSocketApi extends ApiIdentity {
  readonly selectRoute: RouteSelection;
  /** By route key. */
  readonly routes: ReadonlyMap<string, Integration>;
}

export interface GatewayOptions {
  readonly api: WebSocketApi;
  /** Who may use the management API. */
  readonly access: Access;
  readonly faults: Faults;
  readonly log: Log;
  /** @default {@link CONNECTION_LIMITS} */
  readonly limits?: Partial<ConnectionLimits>;
}

const connectResponse = v.object({
  statusCode: v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.integer(), v.minValue(100), v.maxValue(599)),
  headers: v.nullish(v.record(v.string(), v.unknown()), {}),
});

/** An API Gateway WebSocket API with one stage: the sockets under `/<stage>`, and the management API on the same server. */
export class Gateway {
  readonly #server: Server;
  readonly #options: GatewayOptions;
  readonly #limits: ConnectionLimits;
  readonly #sockets: WebSocketServer;
  readonly #connections = new Map<string, ClientConnection>();
  /** The sub-protocol that the `$connect` integration has chosen for a handshake. */
  readonly #subprotocols = new WeakMap<IncomingMessage, string>();
  #closed = false;
  #goneAnswers = 0;
  #port = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#limits = { ...CONNECTION_LIMITS, ...options.limits };
    // The library must not choose a sub-protocol: only the integration's answer decides.
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      handleProtocols: () => false,
    });
    this.#sockets.on('headers', (headers, request) => {
      const subprotocol = this.#subprotocols.get(request);
      if (subprotocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${subprotocol}`);
    });
    this.#server = createServer((request, response) => this.manage(request, response));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#connect(request, socket, head));
  }

  /** Where clients connect. */
  get url(): string {
    return `ws://${LOOPBACK}:${this.#port}/${this.#options.api.stage}`;
  }

  /** The host name that AWS would give the API. */
  get host(): string {
    return apiHost(this.#options.api.apiId, this.#options.api.region);
  }

  /** Answers the port. */
  async listen(preferredPort?: number): Promise<number> {
    this.#port = await listen(this.#server, preferredPort);
    return this.#port;
  }

  get openConnections(): readonly string[] {
    return [...this.#connections.keys()];
  }

  /** How often the management API was asked for a connection that is closed: the answers 410. */
  get goneAnswers(): number {
    return this.#goneAnswers;
  }

  /** Breaks a client's connection as a lost network does, without a close frame. */
  cut(connectionId: string): void {
    this.#connections.get(connectionId)?.terminate();
  }

  /** Serves a request to the management API, which may have come by another server. */
  manage(request: IncomingMessage, response: ServerResponse): void {
    void handleManagement(request, response, this.#management());
  }

  /** Ends every connection at once, without `$disconnect`. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#connections.values()) connection.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #management() {
    const { api, access, faults } = this.#options;
    const find = (connectionId: string) => {
      const connection = this.#connections.get(connectionId);
      if (connection?.open !== true) this.#goneAnswers += 1;
      return connection;
    };
    return { stage: api.stage, stageArn: stageArn(api), access, faults, find };
  }

  async #connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    if (!isHandshake(request)) return refuse(socket, 400);
    const { api } = this.#options;
    if (pathOf(request) !== `/${api.stage}`) return refuse(socket, 403);
    const identity = connectionIdentity(request);
    const integration = api.routes.get('$connect');
    if (integration !== undefined) {
      const outcome = await this.#invoke(integration, connectEvent(api, identity));
      if (outcome === 'timeout') return refuse(socket, 504);
      if (outcome === 'forbidden') return refuse(socket, 500);
      const answer =
        outcome.kind === 'result' ? v.safeParse(v.pipe(v.string(), v.parseJson(), connectResponse), outcome.payload) : undefined;
      if (answer?.success !== true) return refuse(socket, 502);
      const { statusCode, headers } = answer.output;
      if (statusCode < 200 || statusCode > 299) return refuse(socket, statusCode);
      const subprotocol = subprotocolOf(headers);
      if (subprotocol !== undefined) this.#subprotocols.set(request, subprotocol);
    }
    if (this.#closed) return refuse(socket, 503);
    const frames = new FrameSizeWatch(MAX_FRAME_BYTES);
    // Before the library's own listener, so that it finds the connection closing when the frame is complete.
    const watch = (chunk: Buffer) => {
      if (frames.feed(chunk)) return;
      socket.off('data', watch);
      this.#connections.get(identity.connectionId)?.close(1009, 'Frame too large');
    };
    socket.on('data', watch);
    let opened = false;
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      opened = true;
      this.#open(identity, client);
    });
    // The client left while `$connect` ran: whoever was told of the connection is told of its end.
    if (!opened) await this.#disconnect(identity, 1006, '');
  }

  #open(identity: ConnectionIdentity, socket: WebSocket): void {
    const connection = new ClientConnection(identity, socket, this.#limits);
    this.#connections.set(identity.connectionId, connection);
    socket.on('message', (data: Buffer, isBinary) => {
      if (!connection.open) return;
      connection.noteMessage();
      if (isBinary) connection.close(1003, 'Binary is not supported');
      else void this.#message(connection, data.toString('utf8'));
    });
    // The library closes with the right code by itself: 1009 above the limit, 1007 for broken UTF-8, 1002 for broken frames.
    socket.on('error', (error) => this.#options.log.detail('gateway', `${identity.connectionId}: ${error.message}`));
    socket.on('close', (code, reason) => {
      this.#connections.delete(identity.connectionId);
      void this.#disconnect(identity, code, reason.toString('utf8'));
    });
  }

  async #message(connection: ClientConnection, body: string): Promise<void> {
    const { api } = this.#options;
    const requestId = newId();
    const answer = (message: string) =>
      connection.send(JSON.stringify({ message, connectionId: connection.identity.connectionId, requestId }));
    const asked = api.selectRoute(body);
    const routeKey = asked !== undefined && !asked.startsWith('$') && api.routes.has(asked) ? asked : '$default';
    const integration = api.routes.get(routeKey);
    if (integration === undefined) {
      answer('Forbidden');
      return;
    }
    const outcome = await this.#invoke(integration, messageEvent(api, connection.identity, routeKey, body, requestId));
    if (!connection.open) return;
    if (outcome === 'timeout') answer('Endpoint request timed out');
    else if (outcome === 'forbidden' || outcome.kind === 'error') answer('Internal server error');
  }

  async #disconnect(identity: ConnectionIdentity, code: number, reason: string): Promise<void> {
    const { api, faults } = this.#options;
    const integration = api.routes.get('$disconnect');
    if (integration === undefined || this.#closed || faults.loseDisconnect?.(identity.connectionId) === true) return;
    await this.#invoke(integration, disconnectEvent(api, identity, code, reason));
  }

  async #invoke({ invoke, timeoutMs }: Integration, event: object): Promise<InvokeOutcome | 'forbidden' | 'timeout'> {
    const ended = new AbortController();
    try {
      const timeout = sleep(timeoutMs, 'timeout' as const, { signal: ended.signal }).catch(() => 'timeout' as const);
      return await Promise.race([invoke(event), timeout]);
    } finally {
      ended.abort();
    }
  }
}

/** What policies call a stage; routes and connections stand behind it. */
export function stageArn({ apiId, stage, region }: ApiIdentity): string {
  return `arn:aws:execute-api:${region}:${ACCOUNT}:${apiId}/${stage}`;
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').replace(/\?.*$/, '').replace(/\/$/, '');
}

/** Checked before `$connect` runs, so that no connection is announced that can never open. */
function isHandshake({ method, headers }: IncomingMessage): boolean {
  const key = headers['sec-websocket-key'] ?? '';
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    /^[+/0-9A-Za-z]{22}==$/.test(key) &&
    headers['sec-websocket-version'] === '13'
  );
}

function subprotocolOf(headers: Readonly<Record<string, unknown>> | null): string | undefined {
  const [, subprotocol] = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'sec-websocket-protocol') ?? [];
  return typeof subprotocol === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(subprotocol.trim()) ? subprotocol.trim() : undefined;
}

function refuse(socket: Duplex, status: number): void {
  const body = JSON.stringify({ message: STATUS_CODES[status] ?? 'Unknown', connectionId: newId(), requestId: newId() });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
