import type { BatchAnswer, PublishResponse } from '../../../../packages/protocol/index.ts';
import { HeldToken, type NewToken } from '../tokens.ts';
import { eventsOf, idsOf } from './batch.ts';
import type { Lane } from './publisher.ts';

const ANSWER_TIMEOUT_MS = 6_000;

/** `POST /v1/channels/{channel}/events`. An event of an ephemeral channel is accepted without an id. */
export function httpLane(url: string, newToken: NewToken): Lane {
  const token = new HeldToken(newToken);
  const post = async <Answer>(channel: string, key: string, content: object): Promise<Answer> => {
    const response = await fetch(`${url}/v1/channels/${encodeURIComponent(channel)}/events`, {
      method: 'POST',
      headers: { authorization: token.authorization, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(content),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status === 401) token.refuse();
    if (response.status !== 201 && response.status !== 202) throw new Error(`publishing answered ${response.status}: ${text}`);
    return JSON.parse(text) as Answer;
  };
  return {
    name: 'http',
    send: async ({ channel, type, data, key }) => (await post<Partial<PublishResponse>>(channel, key, { type, data })).id,
    sendBatch: async (batch) => idsOf(await post<BatchAnswer>(batch[0].channel, batch[0].key, eventsOf(batch))),
    close: () => undefined,
  };
}
