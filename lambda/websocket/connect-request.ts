import type { APIGatewayProxyStructuredResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { ANONYMOUS } from '../../backbone/domain/principal.ts';
import type { ConnectAnswer, ConnectRequest } from './open-connection.ts';

const SUBPROTOCOL_HEADER = 'Sec-WebSocket-Protocol';

/** The event of the `$connect` route: it alone carries the upgrade's headers, and what an authorizer has found. */
export interface ConnectEvent extends APIGatewayProxyWebsocketEventV2 {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly requestContext: APIGatewayProxyWebsocketEventV2['requestContext'] & {
    readonly authorizer?: { readonly principalId?: string };
  };
}

export function parseConnect(event: ConnectEvent): ConnectRequest {
  return {
    connectionId: event.requestContext.connectionId,
    principal: principalOf(event),
    subprotocols: subprotocolsOf(event.headers ?? {}),
  };
}

/** Who connects: as the route's authorizer found, `anonymous` where the route has none. */
function principalOf(event: ConnectEvent): string {
  return event.requestContext.authorizer?.principalId ?? ANONYMOUS;
}

/** HTTP/2 front ends send header names in lower case; clients separate the values with or without a space. */
function subprotocolsOf(headers: Readonly<Record<string, string | undefined>>): readonly string[] {
  const [, value = ''] = Object.entries(headers).find(([name]) => name.toLowerCase() === SUBPROTOCOL_HEADER.toLowerCase()) ?? [];
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function toConnectResponse(answer: ConnectAnswer): APIGatewayProxyStructuredResultV2 {
  if (answer.kind === 'rejected') return { statusCode: 400, body: answer.reason };
  // API Gateway echoes no sub-protocol by itself, and a browser closes when its offer is not answered.
  return { statusCode: 200, ...(answer.subprotocol === undefined ? {} : { headers: { [SUBPROTOCOL_HEADER]: answer.subprotocol } }) };
}
