import type { Context } from 'aws-lambda';
import { createManagementClient } from '../../backbone/aws/clients.ts';
import { createConnectionProbe } from './aws/connection-probe.ts';
import { WEBSOCKET_ENV } from '../../backbone/contract.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { connectionStoreEntries, managementEntries, readEnvironment, sweepEntries, telemetryEntries } from '../environment.ts';
import { createTelemetry } from '../telemetry.ts';
import { openConnectionDirectory, openConnectionStore } from '../wiring.ts';
import { type ConnectionSweepDependencies, sweepConnections } from './connection-sweep.ts';

/** Kept for the last page, and for noting where the run stopped. */
const RESERVE_MS = 15_000;

/** Runs on a schedule: removes rows of connections whose `$disconnect` was lost. */
function createHandler(deps: ConnectionSweepDependencies) {
  return (_event: unknown, context: Context): Promise<void> => {
    const deadlineMs = deps.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS;
    return sweepConnections(deps, deadlineMs, openTelemetry(context));
  };
}

const env = readEnvironment({ ...connectionStoreEntries, ...managementEntries, ...sweepEntries, ...telemetryEntries }, process.env);
const openTelemetry = createTelemetry(env, 'websocket');
export const handler = createHandler({
  directory: openConnectionDirectory(env),
  store: openConnectionStore(env),
  // The client reads the management endpoint from the environment by itself.
  probe: createConnectionProbe({ client: createManagementClient() }),
  clock: systemClock,
  maxConnections: env[WEBSOCKET_ENV.sweepConnections],
});
