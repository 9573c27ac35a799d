import type { APIGatewayProxyStructuredResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { readEnvironment } from '../../backbone/environment.ts';
import { closingEntries } from './environment.ts';
import type { ConnectionStore } from './ports.ts';
import { openClosingStore } from './wiring.ts';

/**
 * The `$disconnect` route. API Gateway calls it on a best-effort basis; the fan-out finds the connections
 * that it missed.
 */
function createHandler(store: Pick<ConnectionStore, 'close'>) {
  return async (event: APIGatewayProxyWebsocketEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    await store.close(event.requestContext.connectionId);
    return { statusCode: 200 };
  };
}

const env = readEnvironment(closingEntries, process.env);
export const handler = createHandler(openClosingStore(env));
