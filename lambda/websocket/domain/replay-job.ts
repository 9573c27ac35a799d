import { parseJsonObject } from '../../../backbone/domain/notification.ts';
import { InvalidInputError, quote } from '../../../packages/protocol/invalid-input.ts';

/** Whose replay of which channel. What is left of it stands in the `ReplayStore`, where a newer request can change it. */
export interface ReplayKey {
  readonly principal: string;
  readonly connectionId: string;
  readonly channel: string;
}

/** The body of a message on the queue of replays. */
export function encodeReplayJob({ principal, connectionId, channel }: ReplayKey): string {
  return JSON.stringify({ principal, connectionId, channel });
}

/** @throws InvalidInputError for whatever somebody was able to send to the queue and is no job */
export function parseReplayJob(body: string): ReplayKey {
  const { principal, connectionId, channel } = parseJsonObject(body);
  if (typeof principal !== 'string' || typeof connectionId !== 'string' || typeof channel !== 'string') {
    throw new InvalidInputError('invalid_body', `replay job ${quote(body)} lacks principal, connectionId or channel`);
  }
  return { principal, connectionId, channel };
}
