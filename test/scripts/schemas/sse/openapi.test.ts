import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import * as v from 'valibot';
import { kindsBy } from '../../../../backbone/domain/channel-kind.ts';
import { KINDS_HEADER } from '../../../../packages/protocol/index.ts';
import { batchAnswer } from '../../../../packages/protocol/schema/events.ts';
import {
  acceptedResponse,
  newBatch,
  newEvent,
  pollResponse,
  problem,
  publishResponse,
} from '../../../../packages/protocol/schema/sse/http.ts';
import { HttpWorld } from '../../../fargate/sse/support/http-world.ts';

/** The document against the service: what it answers is in the document. */

interface Operation {
  readonly responses: Readonly<Record<string, Response>>;
}

interface Response {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, Response>> };
}

const DOCUMENT: Document = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../docs/sse/openapi.json'), 'utf8'));

let world: HttpWorld;

beforeEach(async () => {
  world = await new HttpWorld({ hub: { kindOf: kindsBy([{ match: 'typing.*', kind: 'ephemeral' }]) } }).listen();
});

afterEach(() => world.close());

/** The media types of a documented response; undefined if the status is not documented. */
function documentedMedia(path: string, method: string, status: number): readonly string[] | undefined {
  const response = DOCUMENT.paths[path]?.[method]?.responses[status];
  const component = response?.$ref?.split('/').at(-1);
  const { content = {} } = component === undefined ? (response ?? {}) : (DOCUMENT.components.responses[component] ?? {});
  return response === undefined ? undefined : Object.keys(content);
}

const json = { 'content-type': 'application/json' };
const poll = { accept: 'application/json' };
const publication = (body: unknown) => ({ method: 'POST', headers: json, body: JSON.stringify(body) });
const EVENTS = '/v1/channels/{channel}/events';

test.each([
  ['/v1/events', 200, '/v1/events?channel=orders', { headers: { accept: 'text/event-stream' } }],
  ['/v1/events', 200, '/v1/events?channel=orders', { headers: poll }],
  ['/v1/events', 400, '/v1/events', { headers: poll }],
  ['/v1/events', 406, '/v1/events?channel=orders', { headers: { accept: 'text/html' } }],
  [EVENTS, 201, '/v1/channels/orders/events', publication({ data: 'text' })],
  [EVENTS, 201, '/v1/channels/orders/events', publication({ events: [{ data: 'one' }, { data: 'two' }] })],
  [EVENTS, 202, '/v1/channels/typing.ann/events', publication({ data: 'text' })],
  [EVENTS, 400, '/v1/channels/orders/events', publication({ data: 7 })],
  [EVENTS, 413, '/v1/channels/orders/events', publication({ data: 'x'.repeat(100_000) })],
  [EVENTS, 415, '/v1/channels/orders/events', { method: 'POST', body: 'text' }],
  ['/v1/events', 413, `/v1/events?channel=orders&present=${'x'.repeat(1_025)}`, { headers: poll }],
  ['/v1/presence', 200, '/v1/presence?channel=orders', {}],
  ['/v1/presence', 400, '/v1/presence', {}],
  ['/v1/session', 401, '/v1/session', { method: 'POST' }],
  ['/v1/session', 204, '/v1/session', { method: 'DELETE' }],
  ['/v1/session', 403, '/v1/session', { method: 'DELETE', headers: { origin: 'https://elsewhere.example' } }],
  ['/healthz', 200, '/healthz', {}],
  ['/readyz', 200, '/readyz', {}],
] as const)('%s answers %i with a documented media type', async (path, status, target, init) => {
  const response = await world.fetch(target, init as RequestInit);
  const media = response.headers.get('content-type')?.split(';')[0];
  void response.body?.cancel();

  expect(response.status).toBe(status);
  const documented = documentedMedia(path, ('method' in init ? init.method : 'GET').toLowerCase(), status);
  expect(documented).toEqual(media === undefined ? [] : expect.arrayContaining([media]));
});

test('a draining task answers /readyz with a documented 503', async () => {
  void world.hub.drain(60_000);
  const response = await world.fetch('/readyz');

  expect(documentedMedia('/readyz', 'get', response.status)).toEqual([response.headers.get('content-type')]);
  expect(response.status).toBe(503);
});

test('a batch of which an event was not published answers a documented 207, as the schema describes it', async () => {
  jest.spyOn(world.log, 'append').mockRejectedValueOnce(new Error('of the database'));
  const response = await world.fetch('/v1/channels/orders/events', publication({ events: [{ data: 'one' }, { data: 'two' }] }));
  const body = await response.json();

  expect(response.status).toBe(207);
  expect(documentedMedia(EVENTS, 'post', 207)).toEqual([response.headers.get('content-type')]);
  expect(v.parse(batchAnswer, body)).toEqual(body);
});

test('the header with the kinds of channels is documented', async () => {
  const { headers } = await world.fetch('/v1/events?channel=typing.ann', { headers: poll });

  expect(headers.has(KINDS_HEADER)).toBe(true);
  expect(Object.keys(DOCUMENT.paths['/v1/events']?.['get']?.responses[200]?.headers ?? {})).toEqual([KINDS_HEADER]);
});

test.each([
  [{ data: 'text' }],
  [{ type: 'paid', data: 'text' }],
  [{ events: [{ data: 'one' }, { type: 'paid', data: 'two' }] }],
  [{}],
  [{ type: 'reset', data: 'text' }],
  [{ events: [] }],
  [{ events: Array(101).fill({ data: 'one' }) }],
  [{ events: [{ data: 'one', key: 'order-17' }] }],
  [{ data: 'text', events: [{ data: 'one' }] }],
  [{ type: 'paid', events: [{ data: 'one' }] }],
])('the schemas allow the body %j if, and only if, the service publishes it', async (body) => {
  const { status } = await world.fetch('/v1/channels/orders/events', publication(body));

  expect(v.is(v.union([newEvent, newBatch]), body)).toBe(status === 201);
});

test('bodies are as the schemas describe them, and nothing more', async () => {
  const bodyOf = async (target: string, init: RequestInit) => (await world.fetch(target, init)).json();

  const published = await bodyOf('/v1/channels/orders/events', publication({ data: 'text' }));
  const batch = await bodyOf('/v1/channels/orders/events', publication({ events: [{ data: 'one' }, { data: 'two' }] }));
  const accepted = await bodyOf('/v1/channels/typing.ann/events', publication({ data: 'text' }));
  const ephemeralOnly = await bodyOf('/v1/events?channel=typing.ann', { headers: poll });
  const missed = await bodyOf('/v1/events?channel=orders&after=0.0', { headers: poll });
  const skipped = await bodyOf('/v1/events?channel=orders&after=other.7', { headers: poll });
  const refused = await bodyOf('/v1/events', { headers: poll });

  // What the schema does not know is left out of what it returns.
  expect(v.parse(publishResponse, published)).toEqual(published);
  expect(v.parse(batchAnswer, batch)).toEqual(batch);
  expect(v.parse(acceptedResponse, accepted)).toEqual(accepted);
  expect(v.parse(pollResponse, ephemeralOnly)).toEqual(ephemeralOnly);
  expect(v.parse(pollResponse, missed)).toEqual(missed);
  expect(v.parse(pollResponse, skipped)).toEqual(skipped);
  expect(v.parse(problem, refused)).toEqual(refused);
  expect(skipped).toHaveProperty('resets');
});

test('each path has the methods that the service allows', async () => {
  for (const [path, operations] of Object.entries(DOCUMENT.paths)) {
    const { allow = '' } = await world.raw('PATCH', path.replace('{channel}', 'orders'));
    const allowed = allow.split(', ').filter((method) => method !== 'HEAD');
    expect([path, allowed.sort()]).toEqual([
      path,
      Object.keys(operations)
        .map((method) => method.toUpperCase())
        .sort(),
    ]);
  }
});
