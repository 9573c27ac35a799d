import type { LocalRun } from '../../../packages/assembly-local/run.ts';

/** Publishes by `POST`. @throws Error where that is refused */
export async function publish({ urls, token }: LocalRun, channel: string, data: string): Promise<void> {
  const response = await fetch(`${urls.http}/v1/channels/${channel}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ data }),
  });
  if (!response.ok) throw new Error(`publishing failed: ${response.status} ${await response.text()}`);
}
