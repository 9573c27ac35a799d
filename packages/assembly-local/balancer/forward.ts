import { randomBytes } from 'node:crypto';
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { LOOPBACK } from '../loopback.ts';
import type { Target } from './target-group.ts';

export type ClientRequest = IncomingMessage | Http2ServerRequest;
export type ClientResponse = ServerResponse | Http2ServerResponse;

export interface ForwardOptions {
  /** How long nothing may pass in either direction. */
  readonly idleTimeoutMs: number;
  readonly protocol: 'http' | 'https';
  /** The port that the client has connected to. */
  readonly port: number;
}

/** Headers that belong to one connection (RFC 9110 section 7.6.1), and must not appear in HTTP/2 at all. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]);

/**
 * Forwards one exchange to a target over HTTP/1.1 and its response back, byte by byte as it arrives,
 * whichever protocol the client uses. If one side ends early, the other is cut off at once.
 */
export function forward(request: ClientRequest, response: ClientResponse, target: Target, options: ForwardOptions): void {
  const upstream = httpRequest({
    host: LOOPBACK,
    port: target.port,
    method: request.method,
    path: request.url,
    headers: requestHeaders(request, options),
    // No reuse: a target may close an idle connection at the very moment of the next request.
    agent: false,
  });
  target.begin();
  let over = false;
  const fail = (status: number) => {
    if (over) return;
    if (response.headersSent) abort(response);
    else answer(response, status);
  };
  const idle = setTimeout(() => {
    fail(504);
    upstream.destroy();
  }, options.idleTimeoutMs);
  const active = () => idle.refresh();

  response.on('close', () => {
    over = true;
    clearTimeout(idle);
    target.end();
    // Ended or not: a target must not keep serving a client that has left.
    upstream.destroy();
  });
  upstream.on('error', () => fail(502));
  upstream.on('response', (upstreamResponse) => {
    if (over || response.headersSent) return;
    writeHead(response, upstreamResponse.statusCode ?? 502, endToEnd(upstreamResponse.headers));
    upstreamResponse.on('data', active);
    upstreamResponse.on('error', () => fail(502));
    upstreamResponse.pipe(response);
  });
  request.on('data', active);
  request.on('error', () => upstream.destroy());
  request.pipe(upstream);
}

/** A response of the balancer itself. */
export function answer(response: ClientResponse, status: number, headers: OutgoingHttpHeaders = {}, body?: string | Buffer): void {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  const page =
    body ?? `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  writeHead(response, status, {
    server: 'awselb/2.0',
    'content-type': 'text/html',
    'content-length': Buffer.byteLength(page),
    ...headers,
  });
  response.end(page);
}

/**
 * Sends the head at once: a stream may have nothing to send for a while, but the client must know that it is
 * open.
 */
function writeHead(response: ClientResponse, status: number, headers: OutgoingHttpHeaders): void {
  if ('stream' in response) response.writeHead(status, headers);
  else response.writeHead(status, headers).flushHeaders();
}

/** Aborts a response that has begun, so that the client does not take it for complete. */
function abort(response: ClientResponse): void {
  if (response.writableEnded) return;
  if ('stream' in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.destroy();
}

function requestHeaders(request: ClientRequest, { protocol, port }: ForwardOptions): OutgoingHttpHeaders {
  const { headers } = request;
  const forwardedFor = headers['x-forwarded-for'];
  const client = request.socket.remoteAddress ?? LOOPBACK;
  return {
    ...endToEnd(headers),
    host: authorityOf(request),
    // A body of unknown length stays one.
    ...(headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }),
    'x-forwarded-for': forwardedFor === undefined ? client : `${String(forwardedFor)}, ${client}`,
    'x-forwarded-proto': protocol,
    'x-forwarded-port': String(port),
    'x-amzn-trace-id': headers['x-amzn-trace-id'] ?? newTraceId(),
  };
}

/** The host that the client asked for; HTTP/2 carries it as a pseudo-header. */
export function authorityOf({ headers }: ClientRequest): string {
  const authority = headers[':authority'];
  return typeof authority === 'string' ? authority : (headers.host ?? LOOPBACK);
}

function endToEnd(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':') && !HOP_BY_HOP.has(name) && !named.has(name)));
}

function newTraceId(): string {
  return `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
}
