import type { Context } from 'aws-lambda';
import { type BatchOutcome, toBatchAnswer } from '../../backbone/domain/batch.ts';
import { type KindOf, kindsBy } from '../../backbone/domain/channel-kind.ts';
import { toEphemeralWireEvent } from '../../backbone/domain/ephemeral-event.ts';
import { toWireEvent } from '../../backbone/domain/event.ts';
import { type NewLatestEvent, toLatestResponse } from '../../backbone/domain/latest-event.ts';
import { type LatestOutcome, type NewLatestBatch, toLatestBatchAnswer } from '../../backbone/domain/latest-publication.ts';
import { logEntries, publishEntries, readEnvironment } from '../../backbone/environment.ts';
import type { PublishEphemeral } from '../../backbone/services/ephemeral-publisher.ts';
import type { LatestPublisher } from '../../backbone/services/latest-publisher.ts';
import type { Publisher } from '../../backbone/services/publisher.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import type { Logger } from '../../backbone/telemetry/logger.ts';
import { logUnwritten, traceBatch, traceEvent } from '../../backbone/telemetry/trace.ts';
import type { AcceptedResponse, BatchAnswer, LatestBatchAnswer, LatestResponse, PublishResponse } from '../../packages/protocol/index.ts';
import { createFunctionLogger } from '../telemetry.ts';
import { openEphemeralPublisher, openEventLog, openLatestPublisher, openLatestStore, openPublisher } from '../wiring.ts';
import { toPublicationRequest } from './publish-request.ts';

interface Publishers extends Publisher, LatestPublisher {
  readonly kindOf: KindOf;
  readonly publishEphemeral: PublishEphemeral;
}

type Answer = PublishResponse | AcceptedResponse | BatchAnswer | LatestResponse | LatestBatchAnswer;

/** Some events of a batch from the bus are not published: Lambda tries again with the same key. */
class BatchUnfinishedError extends Error {
  override readonly name = 'BatchUnfinishedError';
}

/**
 * Publishes for backends: invoked directly with `{channel, type?, data, encoding?, key?}` or a batch `{channel, events, key?}`, or
 * by an EventBridge event with the same object as its detail. Invalid input fails the invocation with an
 * `InvalidInputError`, a key that stands for other content with an `IdempotencyConflictError`, a new key on
 * a full `latest` channel with a `TooManyKeysError`.
 */
function createHandler({ kindOf, publish, publishBatch, publishEphemeral, ...latest }: Publishers) {
  return async (invocation: unknown, context: Context): Promise<Answer> => {
    const request = toPublicationRequest(invocation, kindOf);
    const logger = openLogger(context);
    if (request.kind === 'latest') return publishOnLatest(request.publication, request.isFromBus, latest, logger);
    const { publication, scope, isFromBus } = request;
    if (request.kind === 'ephemeral') {
      const { channel, publishedAt } = toEphemeralWireEvent(await publishEphemeral(publication));
      return { channel, publishedAt };
    }
    if ('events' in publication) {
      const outcomes = await publishBatch(publication, scope);
      traceBatch(logger, publication.channel, outcomes, systemClock.nowMs());
      if (isFromBus) requireAllStored(outcomes);
      return toBatchAnswer(publication.channel, outcomes);
    }
    const event = await publish(publication, scope);
    traceEvent(logger, 'published', event, systemClock.nowMs());
    const { channel, id, publishedAt } = toWireEvent(event);
    return { channel, id, publishedAt };
  };
}

async function publishOnLatest(
  publication: NewLatestEvent | NewLatestBatch,
  isFromBus: boolean,
  { publishLatest, publishLatestBatch }: LatestPublisher,
  logger: Logger,
): Promise<Answer> {
  if (!('events' in publication)) return toLatestResponse(await publishLatest(publication));
  const outcomes = await publishLatestBatch(publication);
  logUnwritten(logger, publication.channel, outcomes);
  if (isFromBus) requireAllStored(outcomes);
  return toLatestBatchAnswer(publication.channel, outcomes);
}

function requireAllStored(outcomes: readonly Pick<BatchOutcome | LatestOutcome, 'kind'>[]): void {
  const others = outcomes.filter(({ kind }) => kind !== 'stored').length;
  if (others > 0) throw new BatchUnfinishedError(`${others} of ${outcomes.length} events of the batch are not published: try again`);
}

const env = readEnvironment({ ...logEntries, ...publishEntries }, process.env);
const openLogger = createFunctionLogger('backbone');
export const handler = createHandler({
  kindOf: kindsBy(env.channels),
  ...openPublisher(env, openEventLog(env)),
  ...openLatestPublisher(env, openLatestStore(env)),
  publishEphemeral: openEphemeralPublisher(env),
});
