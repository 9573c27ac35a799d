import { type LaneEvent, type Publication, toWireEvent } from '../../backbone/domain/event.ts';
import type { PublishAnswer } from '../../backbone/protocol.ts';
import { logEntries, publishEntries, readEnvironment } from '../environment.ts';
import { openEventLog, openPublisher } from '../wiring.ts';
import { toPublication } from './publication-request.ts';

/**
 * Publishes for backends: invoked directly with `{channel, type?, data, key?}`, or by an EventBridge event that carries
 * the same as its detail. Input that is not valid fails the invocation with an `InvalidInputError`.
 */
function createHandler(publish: (publication: Publication) => Promise<LaneEvent>) {
  return async (invocation: unknown): Promise<PublishAnswer> => {
    const { channel, id, publishedAt } = toWireEvent(await publish(toPublication(invocation)));
    return { channel, id, publishedAt };
  };
}

const env = readEnvironment({ ...logEntries, ...publishEntries }, process.env);
export const handler = createHandler(openPublisher(env, openEventLog(env)));
