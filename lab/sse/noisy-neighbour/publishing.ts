import { parsePosition } from '../../../packages/protocol/cursor.ts';
/** A service, and a token that it takes. */
export interface Service {
  readonly base: string;
  readonly token: string;
}

export function authorization({ token }: Service): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** A service that stands still does not hold its clients up for ever. */
const PATIENCE_MS = 30_000;

/** Publishes one event, and answers its seq; undefined where the service did not take it. */
export async function publishEvent(service: Service, channel: string, data: string): Promise<number | undefined> {
  const response = await fetch(`${service.base}/v1/channels/${channel}/events`, {
    method: 'POST',
    headers: { ...authorization(service), 'content-type': 'application/json' },
    body: JSON.stringify({ data }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const answer = (await response.json()) as { readonly id?: string };
  return response.status === 201 && answer.id !== undefined ? parsePosition(answer.id).seq : undefined;
}
