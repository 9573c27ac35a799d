import type { Context } from 'aws-lambda';
import { readEnvironment, telemetryEntries } from '../../backbone/environment.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { createTelemetry } from '../telemetry.ts';
import { createConnectionProbe } from './aws/connection-probe.ts';
import { createManagementClient } from './aws/management-client.ts';
import { type ConnectionSweepDependencies, sweepConnections } from './connection-sweep.ts';
import { closingEntries, managementEntries } from './environment.ts';
import { sweepSettings } from './settings.ts';
import { openClosingStore, openConnectionDirectory } from './wiring.ts';

/** Reserved for the last page, and for saving where the run stopped. */
const RESERVE_MS = 15_000;

/** Runs on a schedule: removes the rows of connections whose `$disconnect` was lost. */
function createHandler(deps: ConnectionSweepDependencies) {
  return (_event: unknown, context: Context): Promise<void> => {
    const deadlineMs = deps.clock.nowMs() + context.getRemainingTimeInMillis() - RESERVE_MS;
    return sweepConnections(deps, deadlineMs, openTelemetry(context));
  };
}

const env = readEnvironment({ ...closingEntries, ...managementEntries, ...sweepSettings, ...telemetryEntries }, process.env);
const openTelemetry = createTelemetry(env, 'websocket');
export const handler = createHandler({
  directory: openConnectionDirectory(env),
  store: openClosingStore(env),
  // The client reads the management endpoint from the environment by itself.
  probe: createConnectionProbe({ client: createManagementClient() }),
  clock: systemClock,
  maxConnections: env.maxConnections,
});
