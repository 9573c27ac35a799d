import type { APIGatewayProxyStructuredResultV2, APIGatewayProxyWebsocketEventV2, Context } from 'aws-lambda';
import { createManagementClient } from '../../backbone/aws/clients.ts';
import { createSdkPoster } from '../../backbone/aws/connection-poster.ts';
import { WEBSOCKET_INTEGRATION_LIMIT_MS } from '../../backbone/contract.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import {
  connectionStoreEntries,
  logEntries,
  managementEntries,
  publicationLimitEntries,
  publishEntries,
  readEnvironment,
  telemetryEntries,
} from '../environment.ts';
import { createTelemetry } from '../telemetry.ts';
import { openConnectionStore, openEventLog, openLogReader, openPublicationQuota, openPublisher } from '../wiring.ts';
import { type AnswerFrameDependencies, answerFrame } from './answer-frame.ts';

/** Kept for the last frame, and for what has passed before the function began. */
const RESERVE_MS = 3_000;

/** The `$default` route: every frame, whatever is in it. Answers are posted, so what API Gateway gets says nothing. */
function createHandler(deps: AnswerFrameDependencies) {
  return async (event: APIGatewayProxyWebsocketEventV2, context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    const timeMs = Math.min(context.getRemainingTimeInMillis(), WEBSOCKET_INTEGRATION_LIMIT_MS) - RESERVE_MS;
    const request = {
      connectionId: event.requestContext.connectionId,
      body: event.body ?? '',
      deadlineMs: deps.clock.nowMs() + timeMs,
    };
    await answerFrame(request, deps, openTelemetry(context));
    return { statusCode: 200 };
  };
}

const env = readEnvironment(
  {
    ...logEntries,
    ...publishEntries,
    ...connectionStoreEntries,
    ...managementEntries,
    ...publicationLimitEntries,
    ...telemetryEntries,
  },
  process.env,
);
const openTelemetry = createTelemetry(env, 'websocket');
const log = openEventLog(env);
export const handler = createHandler({
  store: openConnectionStore(env),
  // The client reads the management endpoint from the environment by itself.
  poster: createSdkPoster({ client: createManagementClient() }),
  reader: openLogReader(env, log),
  publish: openPublisher(env, log),
  quota: openPublicationQuota(env),
  clock: systemClock,
  random: Math.random,
});
