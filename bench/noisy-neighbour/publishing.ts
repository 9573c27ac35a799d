/** Publishes one event, and answers its seq; undefined where the service did not take it. */
export async function publishEvent(base: string, channel: string, data: string): Promise<number | undefined> {
  const response = await fetch(`${base}/v1/channels/${channel}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ data }),
  });
  const answer = (await response.json()) as { readonly id?: string };
  return response.status === 201 ? Number(answer.id?.split('.')[1]) : undefined;
}
