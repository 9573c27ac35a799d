import type { PublishResponse } from '../../../../packages/protocol/index.ts';
import { HeldToken, type NewToken } from '../tokens.ts';
import type { Lane } from './publisher.ts';

const ANSWER_TIMEOUT_MS = 6_000;

/** `POST /v1/channels/{channel}/events`. */
export function httpLane(url: string, newToken: NewToken): Lane {
  const token = new HeldToken(newToken);
  return {
    name: 'http',
    async send({ channel, type, data, key }) {
      const response = await fetch(`${url}/v1/channels/${encodeURIComponent(channel)}/events`, {
        method: 'POST',
        headers: { authorization: token.authorization, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ type, data }),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      const text = await response.text();
      if (response.status === 401) token.refuse();
      if (response.status !== 201) throw new Error(`publishing answered ${response.status}: ${text}`);
      return (JSON.parse(text) as PublishResponse).id;
    },
    close: () => undefined,
  };
}
