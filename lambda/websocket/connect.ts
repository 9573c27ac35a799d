import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { ACCESS_ENV, METRICS } from '../../backbone/contract.ts';
import { accessEntries, readEnvironment, telemetryEntries } from '../../backbone/environment.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { createJwtVerifier } from '../../backbone/tokens/jwt-verifier.ts';
import { createTelemetry } from '../telemetry.ts';
import { type ConnectEvent, parseConnect, toConnectResponse } from './connect-request.ts';
import { connectionStoreEntries } from './environment.ts';
import { type OpenConnectionDependencies, openConnection } from './open-connection.ts';
import { connectionLimits, responseLimits } from './settings.ts';
import { openConnectionStore, openResponseQuota } from './wiring.ts';

/** The `$connect` route. */
function createHandler(deps: OpenConnectionDependencies) {
  return async (event: ConnectEvent, context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    const telemetry = openTelemetry(context);
    const answer = await openConnection(parseConnect(event), deps, telemetry);
    telemetry.metrics({ [METRICS.connects]: answer.kind === 'accepted' ? 1 : 0 });
    return toConnectResponse(answer);
  };
}

const env = readEnvironment(
  { ...connectionStoreEntries, ...connectionLimits, ...responseLimits, ...accessEntries, ...telemetryEntries },
  process.env,
);
const openTelemetry = createTelemetry(env, 'websocket');
export const handler = createHandler({
  store: openConnectionStore(env),
  verifier: createJwtVerifier({
    issuer: env[ACCESS_ENV.issuer],
    audience: env[ACCESS_ENV.audience],
    jwksUri: env[ACCESS_ENV.jwksUri],
  }),
  policy: env,
  clock: systemClock,
  answers: openResponseQuota(env),
  maxPerPrincipal: env.maxConnectionsPerPrincipal,
});
