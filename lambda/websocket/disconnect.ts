import type { APIGatewayProxyStructuredResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { readEnvironment } from '../../backbone/environment.ts';
import { connectionStoreEntries } from './environment.ts';
import type { ConnectionStore } from './ports.ts';
import { openConnectionStore } from './wiring.ts';

/** The `$disconnect` route. API Gateway calls it at its best effort; whom it forgets, the fan-out finds closed. */
function createHandler(store: Pick<ConnectionStore, 'close'>) {
  return async (event: APIGatewayProxyWebsocketEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    await store.close(event.requestContext.connectionId);
    return { statusCode: 200 };
  };
}

const env = readEnvironment(connectionStoreEntries, process.env);
export const handler = createHandler(openConnectionStore(env));
