import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { kindsBy } from '../../../../backbone/domain/channel-kind.ts';
import { KINDS_HEADER, type PollResponse } from '../../../../packages/protocol/index.ts';
import { stateTag } from '../../../../packages/protocol/state-tag.ts';
import { HttpWorld } from '../support/http-world.ts';

const CHANNEL = 'latest.demo';

let world: HttpWorld;

beforeEach(async () => {
  world = await new HttpWorld({ hub: { kindOf: kindsBy([{ match: 'latest.*', kind: 'latest' }]) } }).listen();
});

afterEach(() => world.close());

const get = (query: string, accept: string) => world.fetch(`/v1/events?${query}`, { headers: { Accept: accept } });
const poll = async (query: string): Promise<PollResponse> => (await get(query, 'application/json')).json();
const put = (key: string, data: string) => world.latest.put({ channel: CHANNEL, key, value: { type: 'message', data } });

test('a poll has the entries, and continues with its state', async () => {
  await put('a', 'two\nlines "quoted"');
  await put('b', 'ü');
  await world.latest.put({ channel: CHANNEL, key: 'c', value: 'removed' });
  const first = await poll(`channel=${CHANNEL}&channel=orders`);
  const [news] = first.latest ?? [];
  expect(first).toEqual({ events: [], latest: [news], cursor: expect.stringMatching(/^orders=/) });
  expect(news).toMatchObject({
    channel: CHANNEL,
    entries: [
      { key: 'a', type: 'message', data: 'two\nlines "quoted"', version: expect.any(String), publishedAt: expect.any(String) },
      { key: 'b', data: 'ü' },
    ],
    snapshot: true,
    state: stateTag(news?.entries ?? []),
  });
  expect(await poll(`channel=${CHANNEL}&state=${CHANNEL}=${news?.state}`)).toEqual({ events: [], cursor: '' });
});

test('a header names the kind', async () => {
  const response = await get(`channel=${CHANNEL}&channel=orders`, 'application/json');
  expect(response.headers.get(KINDS_HEADER)).toBe('latest, durable');
  await response.json();
});

test('a stream takes a state too', async () => {
  const response = await get(`channel=${CHANNEL}&state=${CHANNEL}=${stateTag([])}`, 'text/event-stream');
  const chunk = await response.body?.getReader().read();
  expect(new TextDecoder().decode(chunk?.value)).toContain('event: snapshot\ndata: {"channel":"latest.demo","keys":0,');
  expect(new TextDecoder().decode(chunk?.value)).toContain('"unchanged":true');
});

test('a state has no effect on other channels, and one that is malformed is refused', async () => {
  const response = await get(`channel=orders&state=orders=${stateTag([])},latest.other=${stateTag([])}`, 'application/json');
  expect(response.status).toBe(200);
  await response.json();
  for (const accept of ['application/json', 'text/event-stream']) {
    const refused = await get(`channel=${CHANNEL}&state=nonsense`, accept);
    expect([refused.status, await refused.json()]).toEqual([400, expect.objectContaining({ code: 'invalid_parameter' })]);
  }
});
