import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { apiHost } from '../assembly/resource-types.ts';

/** The part of an API that its integrations see in every event. */
export interface ApiIdentity {
  readonly apiId: string;
  readonly stage: string;
  readonly region: string;
}

/** What stays the same for a connection from its handshake to its end. */
export interface ConnectionIdentity {
  readonly connectionId: string;
  readonly connectedAtMs: number;
  readonly sourceIp: string;
  readonly userAgent: string | undefined;
  /** Names and values, alternating, as received. */
  readonly rawHeaders: readonly string[];
  readonly query: URLSearchParams;
}

/** Ids of API Gateway are base64 of 11 bytes, so they end in `=` and must be escaped in a path. */
export function newId(): string {
  return randomBytes(11).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

export function connectionIdentity(request: IncomingMessage): ConnectionIdentity {
  return {
    connectionId: newId(),
    connectedAtMs: Date.now(),
    sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
    userAgent: request.headers['user-agent'],
    rawHeaders: request.rawHeaders,
    query: new URL(request.url ?? '/', 'http://gateway').searchParams,
  };
}

export function connectEvent(api: ApiIdentity, connection: ConnectionIdentity): object {
  const { rawHeaders, query } = connection;
  const names = [...new Set(query.keys())];
  return {
    ...headersOf([...rawHeaders, 'X-Forwarded-For', connection.sourceIp, 'X-Forwarded-Port', '443', 'X-Forwarded-Proto', 'https']),
    ...(names.length === 0
      ? {}
      : {
          queryStringParameters: Object.fromEntries(names.map((name) => [name, query.getAll(name).at(-1)])),
          multiValueQueryStringParameters: Object.fromEntries(names.map((name) => [name, query.getAll(name)])),
        }),
    requestContext: requestContext(api, connection, { routeKey: '$connect', eventType: 'CONNECT' }),
    isBase64Encoded: false,
  };
}

export function messageEvent(api: ApiIdentity, connection: ConnectionIdentity, routeKey: string, body: string, requestId: string): object {
  return {
    requestContext: requestContext(api, connection, { routeKey, eventType: 'MESSAGE', messageId: newId(), requestId }),
    body,
    isBase64Encoded: false,
  };
}

export function disconnectEvent(api: ApiIdentity, connection: ConnectionIdentity, code: number, reason: string): object {
  return {
    ...headersOf(['Host', apiHost(api.apiId, api.region), 'x-api-key', '', 'X-Forwarded-For', '', 'x-restapi', '']),
    requestContext: requestContext(api, connection, {
      routeKey: '$disconnect',
      eventType: 'DISCONNECT',
      disconnectStatusCode: code,
      disconnectReason: reason,
    }),
    isBase64Encoded: false,
  };
}

function requestContext(
  api: ApiIdentity,
  { connectionId, connectedAtMs, sourceIp, userAgent }: ConnectionIdentity,
  event: { readonly routeKey: string; readonly eventType: string; readonly requestId?: string; readonly [key: string]: unknown },
): object {
  const nowMs = Date.now();
  const requestId = event.requestId ?? newId();
  return {
    ...event,
    requestId,
    extendedRequestId: requestId,
    requestTime: requestTime(nowMs),
    requestTimeEpoch: nowMs,
    messageDirection: 'IN',
    stage: api.stage,
    connectedAt: connectedAtMs,
    identity: { sourceIp, ...(userAgent === undefined ? {} : { userAgent }) },
    domainName: apiHost(api.apiId, api.region),
    connectionId,
    apiId: api.apiId,
  };
}

/** `09/Feb/2026:18:11:43 +0000` */
function requestTime(ms: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(ms).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

function headersOf(raw: readonly string[]): object {
  const headers: Record<string, string> = {};
  const multiValueHeaders: Record<string, string[]> = {};
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const text = raw[at + 1] ?? '';
    headers[name] = text;
    multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), text];
  }
  return { headers, multiValueHeaders };
}
