import type { Context } from 'aws-lambda';
import { readEnvironment, telemetryEntries } from '../../backbone/environment.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { createTelemetry } from '../telemetry.ts';
import { createConnectionCloser } from './aws/connection-closer.ts';
import { createSdkPoster } from './aws/connection-poster.ts';
import { createManagementClient } from './aws/management-client.ts';
import { type ConnectionExpiryDependencies, endExpiredConnections } from './connection-expiry.ts';
import { closingEntries, managementEntries } from './environment.ts';
import { openClosingStore, openConnectionExpiries } from './wiring.ts';

/** Reserved for the last page. */
const RESERVE_MS = 15_000;

/** Runs every minute: closes the connections whose token has expired. */
function createHandler(deps: ConnectionExpiryDependencies) {
  return (_event: unknown, context: Context): Promise<void> => {
    const deadlineMs = deps.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS;
    return endExpiredConnections(deps, deadlineMs, openTelemetry(context));
  };
}

const env = readEnvironment({ ...closingEntries, ...managementEntries, ...telemetryEntries }, process.env);
const openTelemetry = createTelemetry(env, 'websocket');
// The client reads the management endpoint from the environment by itself.
const client = createManagementClient();
export const handler = createHandler({
  expiries: openConnectionExpiries(env),
  poster: createSdkPoster({ client }),
  closer: createConnectionCloser({ client }),
  store: openClosingStore(env),
  clock: systemClock,
});
