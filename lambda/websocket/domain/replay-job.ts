import { parseJsonObject } from '../../../backbone/domain/notification.ts';
import { InvalidInputError, quote } from '../../../packages/protocol/invalid-input.ts';

/**
 * Identifies a replay: who replays which channel. What is left to replay is in the `ReplayStore`, where a
 * newer request can change it.
 */
export interface ReplayKey {
  readonly principal: string;
  readonly connectionId: string;
  readonly channel: string;
}

/** The body of a message on the queue of replays. */
export function encodeReplayJob({ principal, connectionId, channel }: ReplayKey): string {
  return JSON.stringify({ principal, connectionId, channel });
}

/** @throws InvalidInputError for any text on the queue that is not a job */
export function parseReplayJob(body: string): ReplayKey {
  const { principal, connectionId, channel } = parseJsonObject(body);
  if (typeof principal !== 'string' || typeof connectionId !== 'string' || typeof channel !== 'string') {
    throw new InvalidInputError('invalid_body', `replay job ${quote(body)} lacks principal, connectionId or channel`);
  }
  return { principal, connectionId, channel };
}
