import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createSqsClient } from '../../backbone/aws/clients.ts';
import { METRICS } from '../../backbone/contract.ts';
import { readEnvironment, telemetryEntries } from '../../backbone/environment.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { createTelemetry } from '../telemetry.ts';
import { createDeliveryQueue } from './aws/delivery-queue.ts';
import { createSignedPosterFromEnvironment } from './aws/signed-poster.ts';
import { FAN_OUT_RESERVE_MS, WEBSOCKET_ENV } from './contract.ts';
import { type DeliverDependencies, deliver } from './deliver.ts';
import { closingEntries, deliveryEntries, managementEntries } from './environment.ts';
import { openClosingStore } from './wiring.ts';

/** Consumes the topic's queue and the delivery queue, both with partial batch failures. */
function createHandler(deps: DeliverDependencies) {
  return async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const telemetry = openTelemetry(context);
    const deadlineMs = deps.clock.nowMs() + context.getRemainingTimeInMillis() - FAN_OUT_RESERVE_MS;
    const report = await deliver(event.Records, deadlineMs, deps, telemetry);
    telemetry.metrics({
      [METRICS.deliveries]: report.deliveries,
      [METRICS.deliveryLatency]: report.latenciesMs,
      [METRICS.goneConnections]: report.goneConnections,
      [METRICS.throttled]: report.throttledPosts,
      [METRICS.ephemeralDropped]: report.ephemeralDropped,
      [METRICS.undeliverable]: report.undeliverable,
    });
    return { batchItemFailures: report.unfinished.map((messageId) => ({ itemIdentifier: messageId })) };
  };
}

const env = readEnvironment({ ...closingEntries, ...managementEntries, ...deliveryEntries, ...telemetryEntries }, process.env);
const openTelemetry = createTelemetry(env, 'websocket');
const { postConcurrency } = env;
export const handler = createHandler({
  store: openClosingStore(env),
  poster: createSignedPosterFromEnvironment(env[WEBSOCKET_ENV.managementEndpoint], postConcurrency),
  queue: createDeliveryQueue({
    client: createSqsClient(),
    deliveryQueueUrl: env[WEBSOCKET_ENV.deliveryQueueUrl],
    deadLetterQueueUrl: env[WEBSOCKET_ENV.deadLetterQueueUrl],
  }),
  clock: systemClock,
  random: Math.random,
  postConcurrency,
});
