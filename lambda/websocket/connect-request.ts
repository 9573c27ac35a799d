import type { APIGatewayProxyStructuredResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import type { ConnectRequest, ConnectResponse } from './open-connection.ts';

/** Set by the CloudFront function `lib/edge/viewer-host.js`: API Gateway itself sees its own host name only. */
const VIEWER_HOST_HEADER = 'X-Lanes-Viewer-Host';

const SUBPROTOCOL_HEADER = 'Sec-WebSocket-Protocol';

/** The event of the `$connect` route: it alone carries the upgrade's headers and query. */
export interface ConnectEvent extends APIGatewayProxyWebsocketEventV2 {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly multiValueQueryStringParameters?: Record<string, string[] | undefined>;
}

export function parseConnect({ headers = {}, multiValueQueryStringParameters, requestContext }: ConnectEvent): ConnectRequest {
  const subprotocols = listOf(headerOf(headers, SUBPROTOCOL_HEADER));
  return {
    connectionId: requestContext.connectionId,
    origin: headerOf(headers, 'Origin'),
    viewerHost: headerOf(headers, VIEWER_HOST_HEADER),
    credentials: {
      authorization: headerOf(headers, 'Authorization'),
      subprotocols,
      query: multiValueQueryStringParameters?.['token'] ?? [],
      cookie: headerOf(headers, 'Cookie'),
    },
    subprotocols,
  };
}

/** HTTP/2 front ends send header names in lower case. */
function headerOf(headers: Readonly<Record<string, string | undefined>>, wanted: string): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted.toLowerCase())?.[1];
}

/** Clients separate the values with or without a space. */
function listOf(value = ''): readonly string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function toConnectResponse(answer: ConnectResponse): APIGatewayProxyStructuredResultV2 {
  if (answer.kind === 'rejected') return { statusCode: answer.status, body: answer.reason };
  // API Gateway echoes no sub-protocol by itself, and a browser closes when its offer is not answered.
  return { statusCode: 200, ...(answer.subprotocol === undefined ? {} : { headers: { [SUBPROTOCOL_HEADER]: answer.subprotocol } }) };
}
