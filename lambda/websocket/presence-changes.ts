import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { METRICS } from '../../backbone/contract.ts';
import { readEnvironment, telemetryEntries } from '../../backbone/environment.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { createTelemetry } from '../telemetry.ts';
import { openPresenceStore } from '../wiring.ts';
import { createSignedPosterFromEnvironment } from './aws/signed-poster.ts';
import { FAN_OUT_RESERVE_MS, PRESENCE_FAN_OUT, WEBSOCKET_ENV } from './contract.ts';
import { closingEntries, managementEntries } from './environment.ts';
import { fanOutPresence, type PresenceFanOutDependencies } from './fan-out-presence.ts';
import { openClosingStore } from './wiring.ts';

/** Posts in flight: at most what is started in a tenth of a second. */
const POST_CONCURRENCY = PRESENCE_FAN_OUT.postsPerSecond / 10;

/** Consumes the queue of changes of presence, with partial batch failures. */
function createHandler(deps: PresenceFanOutDependencies) {
  return async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const telemetry = openTelemetry(context);
    const deadlineMs = deps.clock.nowMs() + context.getRemainingTimeInMillis() - FAN_OUT_RESERVE_MS;
    const report = await fanOutPresence(event.Records, deadlineMs, deps, telemetry);
    telemetry.metrics({
      [METRICS.goneConnections]: report.goneConnections,
      [METRICS.throttled]: report.throttledPosts,
      [METRICS.presenceDropped]: report.presenceDropped,
    });
    return { batchItemFailures: report.unfinished.map((messageId) => ({ itemIdentifier: messageId })) };
  };
}

const env = readEnvironment({ ...closingEntries, ...managementEntries, ...telemetryEntries }, process.env);
const openTelemetry = createTelemetry(env, 'websocket');
export const handler = createHandler({
  store: openClosingStore(env),
  presence: openPresenceStore(env),
  poster: createSignedPosterFromEnvironment(env[WEBSOCKET_ENV.managementEndpoint], POST_CONCURRENCY),
  clock: systemClock,
  random: Math.random,
  postConcurrency: POST_CONCURRENCY,
  postsPerSecond: PRESENCE_FAN_OUT.postsPerSecond,
});
