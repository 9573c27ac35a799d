import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { accessEntries, connectionStoreEntries, readEnvironment } from '../environment.ts';
import { accessPolicy, openConnectionStore, openTokenVerifier } from '../wiring.ts';
import { type ConnectEvent, parseConnect, toConnectResponse } from './connect-request.ts';
import { type OpenConnectionDependencies, openConnection } from './open-connection.ts';

/** The `$connect` route. */
function createHandler(deps: OpenConnectionDependencies) {
  return async (event: ConnectEvent): Promise<APIGatewayProxyStructuredResultV2> =>
    toConnectResponse(await openConnection(parseConnect(event), deps));
}

const env = readEnvironment({ ...connectionStoreEntries, ...accessEntries }, process.env);
export const handler = createHandler({
  store: openConnectionStore(env),
  verifier: openTokenVerifier(env),
  policy: accessPolicy(env),
  clock: systemClock,
});
