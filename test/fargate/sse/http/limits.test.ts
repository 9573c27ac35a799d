import { afterEach, expect, test } from '@jest/globals';
import { EVERYBODY } from '../../../support/access.ts';
import { HttpWorld } from '../support/http-world.ts';
import { SseClient } from '../support/sse-client.ts';

let world: HttpWorld;

afterEach(() => world.close());

/** Every client says itself who it is. */
async function listen(): Promise<void> {
  world = await new HttpWorld({
    hub: { maxStreamsPerPrincipal: 1 },
    http: { authenticate: (request) => ({ ...EVERYBODY, principal: String(request.headers['x-principal']) }) },
  }).listen();
}

test.each(['text/event-stream', 'application/json'])('a principal at its limit is answered 429 with Retry-After (%s)', async (accept) => {
  await listen();
  const client = await SseClient.open(world.url('/v1/events?channel=demo'), { 'x-principal': 'ann' });
  const refused = await world.fetch('/v1/events?channel=demo', { headers: { accept, 'x-principal': 'ann' } });
  expect(refused.status).toBe(429);
  expect(refused.headers.get('content-type')).toBe('application/problem+json');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ status: 429, code: 'too_many_streams' });
  client.close();
});

test('another principal is served in the meantime', async () => {
  await listen();
  const ann = await SseClient.open(world.url('/v1/events?channel=demo'), { 'x-principal': 'ann' });
  const bob = await SseClient.open(world.url('/v1/events?channel=demo'), { 'x-principal': 'bob' });
  expect(bob.response.status).toBe(200);
  for (const client of [ann, bob]) client.close();
});
