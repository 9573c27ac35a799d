import type { PollAnswer } from '../../backbone/protocol.ts';
import { problemSentence } from '../problem.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type PollOutcome =
  | { readonly kind: 'events'; readonly body: PollAnswer }
  /** The deployment has no such resource. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly message: string };

/** The resource that streams and polls share; what comes back depends on `Accept`. */
export function eventsUrl(channel: string, position: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams({ channel });
  for (const [name, id] of Object.entries(position)) if (id !== undefined) parameters.set(name, id);
  return `/v1/events?${parameters}`;
}

/** What the channel has after `after`, without waiting; without `after` no events, but the position where they begin. */
export async function poll(channel: string, after: string | undefined, request: Fetch, signal: AbortSignal): Promise<PollOutcome> {
  try {
    const response = await request(eventsUrl(channel, { after }), { headers: { accept: 'application/json' }, cache: 'no-store', signal });
    if (response.status === 404) return { kind: 'absent' };
    if (!response.ok) return { kind: 'failed', message: await problemSentence(response) };
    return { kind: 'events', body: (await response.json()) as PollAnswer };
  } catch {
    return { kind: 'failed', message: 'The server cannot be reached.' };
  }
}
