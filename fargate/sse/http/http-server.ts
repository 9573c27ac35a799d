import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { CONSOLE_CONFIG_PATH } from '../../../backbone/contract.ts';
import { AccessDeniedError, KeysUnavailableError } from '../../../backbone/domain/access.ts';
import { InvalidInputError, quote } from '../../../packages/protocol/invalid-input.ts';
import { SSE_PATHS } from '../contract.ts';
import { type EventsRouteOptions, getEvents } from './events-route.ts';
import { createCors, preflight } from './origin.ts';
import { getPresence } from './presence-route.ts';
import { type PublishRouteOptions, postEvent } from './publish-route.ts';
import { accessDenied, invalidInput, json, problem, type Reply, send, sendAndClose, unavailable, withHeaders } from './reply.ts';
import { parseTarget } from './request-target.ts';
import { endSession, openSession, type SessionRouteOptions } from './session-route.ts';
import type { StaticFiles } from './static-files.ts';
import { openStream } from './stream-route.ts';
import { hostFault, TakeoverRequest, trackResponse } from './takeover-request.ts';

export interface HttpServerOptions extends EventsRouteOptions, PublishRouteOptions, SessionRouteOptions {
  /** How long an idle connection is kept open: longer than the load balancer keeps it. */
  readonly keepAliveMs: number;
  /** A client that takes nothing of its response for this long is disconnected. */
  readonly maxStallMs: number;
  readonly files: StaticFiles;
  /** The text of `/console.json`; empty if there is no console. */
  readonly consoleConfig: string;
}

/** A client that takes longer than this to send its request is disconnected. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

type Handler = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => Promise<Reply | undefined> | Reply;

type Methods = Readonly<Record<string, Handler>>;

/** Paths that pages of other origins may use. */
const API = '/v1/';

const CHANNEL_EVENTS = /^\/v1\/channels\/([^/]+)\/events$/;

/** The HTTP server of the SSE lane. It does not listen yet. */
export function createHttpServer(options: HttpServerOptions): Server {
  const { hub, keepAliveMs, maxStallMs, logger, origins } = options;
  const cors = createCors(origins);
  const streamOptions = { ...options, cors };
  const server = createServer(
    {
      IncomingMessage: TakeoverRequest,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: keepAliveMs,
    },
    async (request, response) => {
      trackResponse(request, response);
      const reply = await answer(request, response).catch((error) => failure(error, request, response.destroyed));
      if (reply !== undefined) send(response, withHeaders(reply, cors(request)), hub.isDraining, maxStallMs);
    },
  );
  server.on('upgrade', (request: IncomingMessage, socket: Socket, behindHead: Buffer) => {
    socket.on('error', ignore);
    const close = (reply: Reply | undefined) => {
      if (reply !== undefined) sendAndClose(socket, withHeaders(reply, cors(request)));
    };
    try {
      const opening = openStream(request, socket, behindHead, streamOptions);
      if (opening instanceof Promise) void opening.catch((error) => failure(error, request, socket.destroyed)).then(close);
      else close(opening);
    } catch (error) {
      close(failure(error, request, socket.destroyed));
    }
  });
  server.on('clientError', refuseUnreadable);

  /** The response to a request whose handler threw; undefined if the client has left in the meantime. */
  function failure(error: unknown, { method }: IncomingMessage, hasLeft: boolean): Reply | undefined {
    if (error instanceof InvalidInputError) return invalidInput(error);
    if (error instanceof AccessDeniedError) return accessDenied(error);
    if (error instanceof KeysUnavailableError) {
      if (!error.isExpected) logger.error('could not check a token', { method, error });
      return unavailable('unavailable', error.message);
    }
    if (hasLeft) return undefined;
    logger.error('request failed', { method, error });
    return problem(500, 'internal', 'the request failed because of an error in the service, which was logged: try again');
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<Reply | undefined> {
    const fault = hostFault(request);
    if (fault !== undefined) return problem(400, 'bad_request', fault, { Connection: 'close' });
    const { path, query } = parseTarget(request.url ?? '/');
    const methods = route(path, options);
    if (methods === undefined) return problem(404, 'not_found', `path ${quote(path)} does not exist`);
    const { method = '' } = request;
    const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (handler !== undefined) return handler(request, response, query);
    if (method === 'OPTIONS' && path.startsWith(API)) return preflight(Object.keys(methods));
    const allow = Object.keys(methods).join(', ');
    return problem(405, 'method_not_allowed', `method ${quote(method)} is not allowed on ${path}: use ${allow}`, { Allow: allow });
  }
  return server;
}

/** The methods of a path; undefined if the path does not exist. */
function route(path: string, options: HttpServerOptions): Methods | undefined {
  const { files, consoleConfig, hub } = options;
  switch (path) {
    case SSE_PATHS.events:
      return { GET: (request, response, query) => getEvents(request, response, query, options) };
    case SSE_PATHS.presence:
      return { GET: (request, response, query) => getPresence(request, response, query, options) };
    case SSE_PATHS.session:
      return { POST: (request) => openSession(request, options), DELETE: (request) => endSession(request, options) };
    case SSE_PATHS.health:
      return readable(() => json(200, { status: 'alive' }));
    case SSE_PATHS.ready:
      return readable(() => (hub.isDraining ? json(503, { status: 'draining' }) : json(200, { status: 'ready' })));
    case CONSOLE_CONFIG_PATH:
      return consoleConfig === '' ? undefined : readable(() => ({ ...json(200, {}), body: consoleConfig }));
  }
  const channel = CHANNEL_EVENTS.exec(path)?.[1];
  if (channel !== undefined) return { POST: (request, _, query) => postEvent(request, channel, query, options) };
  const file = files(path, undefined);
  return file === undefined ? undefined : readable((request) => files(path, request.headers['if-none-match']) ?? file);
}

function readable(handler: Handler): Methods {
  return { GET: handler, HEAD: handler };
}

/** For errors of a broken connection: its `close` event follows and is enough. */
function ignore(): void {}

/** For bytes that are not an HTTP request, arrive too slowly, or have too many headers. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  sendAndClose(socket, unreadable(error.code));
}

function unreadable(code: string | undefined): Reply {
  if (code === 'HPE_HEADER_OVERFLOW')
    return problem(431, 'headers_too_large', 'the request has too many headers: at most 16 KiB and 1,000 headers are allowed');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problem(408, 'request_timeout', 'the request did not come in time');
  return problem(400, 'bad_request', 'this is not an HTTP/1.1 request');
}
