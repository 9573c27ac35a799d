import type { PublishAnswer } from '../backbone/protocol.ts';
import { problemSentence } from './problem.ts';

/**
 * Publishes by HTTP, the SSE lane's way up.
 * @throws Error with the server's sentence
 */
export async function publishByPost(channel: string, type: string, data: string): Promise<PublishAnswer> {
  const response = await fetch(`/v1/channels/${encodeURIComponent(channel)}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(type === '' ? { data } : { type, data }),
  }).catch((cause: unknown) => {
    throw new Error('The server cannot be reached.', { cause });
  });
  if (!response.ok) throw new Error(await problemSentence(response));
  return (await response.json()) as PublishAnswer;
}
