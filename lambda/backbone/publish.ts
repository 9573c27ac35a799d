import type { Context } from 'aws-lambda';
import { type ChannelEvent, type NewEvent, toWireEvent } from '../../backbone/domain/event.ts';
import type { KeyScope } from '../../backbone/domain/key-scope.ts';
import { logEntries, publishEntries, readEnvironment } from '../../backbone/environment.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { traceEvent } from '../../backbone/telemetry/trace.ts';
import type { PublishResponse } from '../../packages/protocol/index.ts';
import { createFunctionLogger } from '../telemetry.ts';
import { openEventLog, openPublisher } from '../wiring.ts';
import { toPublicationRequest } from './publish-request.ts';

/**
 * Publishes for backends: invoked directly with `{channel, type?, data, key?}`, or by an EventBridge event that carries
 * the same as its detail. Input that is not valid fails the invocation with an `InvalidInputError`, a key that stands for another
 * event with an `IdempotencyConflictError`.
 */
function createHandler(publish: (publication: NewEvent, scope: KeyScope) => Promise<ChannelEvent>) {
  return async (invocation: unknown, context: Context): Promise<PublishResponse> => {
    const { publication, scope } = toPublicationRequest(invocation);
    const event = await publish(publication, scope);
    traceEvent(openLogger(context), 'published', event, systemClock.nowMs());
    const { channel, id, publishedAt } = toWireEvent(event);
    return { channel, id, publishedAt };
  };
}

const env = readEnvironment({ ...logEntries, ...publishEntries }, process.env);
const openLogger = createFunctionLogger('backbone');
export const handler = createHandler(openPublisher(env, openEventLog(env)));
