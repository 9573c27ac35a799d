import * as v from 'valibot';
import { text, wholeNumber } from '../environment.ts';
import { WEBSOCKET_ENV } from './contract.ts';

export const connectionStoreEntries = {
  [WEBSOCKET_ENV.connectionsTable]: text,
  [WEBSOCKET_ENV.subscriptionsTable]: text,
  [WEBSOCKET_ENV.principalsTable]: text,
  [WEBSOCKET_ENV.connectionTtlMs]: wholeNumber,
} as const;

export const connectionLimitEntries = { [WEBSOCKET_ENV.maxConnectionsPerPrincipal]: wholeNumber } as const;

export const publicationLimitEntries = { [WEBSOCKET_ENV.maxPublishesPerSecond]: wholeNumber } as const;

export const answerLimitEntries = { [WEBSOCKET_ENV.maxAnswersPerSecond]: wholeNumber } as const;

export const replayLimitEntries = { [WEBSOCKET_ENV.maxReplaysPerPrincipal]: wholeNumber } as const;

export const replayRateEntries = { [WEBSOCKET_ENV.maxReplayPostsPerSecond]: wholeNumber } as const;

export const replayQueueEntries = { [WEBSOCKET_ENV.replayQueueUrl]: text } as const;

export const managementEntries = { [WEBSOCKET_ENV.managementEndpoint]: v.pipe(text, v.url()) } as const;

export const deliveryEntries = {
  [WEBSOCKET_ENV.deliveryQueueUrl]: text,
  [WEBSOCKET_ENV.deadLetterQueueUrl]: text,
  [WEBSOCKET_ENV.postConcurrency]: wholeNumber,
} as const;

export const sweepEntries = { [WEBSOCKET_ENV.sweepConnections]: wholeNumber } as const;
