import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { pollResponse, problem, publishResponse } from '../../../../packages/protocol/schema/sse/http.ts';
import { HttpWorld } from '../../../fargate/sse/support/http-world.ts';

/** The document against the service: what it answers is in the document. */

interface Operation {
  readonly responses: Readonly<Record<string, Response>>;
}

interface Response {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, Response>> };
}

const DOCUMENT: Document = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../docs/sse/openapi.json'), 'utf8'));

let world: HttpWorld;

beforeEach(async () => {
  world = await new HttpWorld().listen();
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
  [EVENTS, 400, '/v1/channels/orders/events', publication({ data: 7 })],
  [EVENTS, 413, '/v1/channels/orders/events', publication({ data: 'x'.repeat(100_000) })],
  [EVENTS, 415, '/v1/channels/orders/events', { method: 'POST', body: 'text' }],
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

test('bodies are as the schemas describe them, and nothing more', async () => {
  const bodyOf = async (target: string, init: RequestInit) => (await world.fetch(target, init)).json();

  const published = await bodyOf('/v1/channels/orders/events', publication({ data: 'text' }));
  const missed = await bodyOf('/v1/events?channel=orders&after=0.0', { headers: poll });
  const skipped = await bodyOf('/v1/events?channel=orders&after=other.7', { headers: poll });
  const refused = await bodyOf('/v1/events', { headers: poll });

  // What the schema does not know is left out of what it returns.
  expect(v.parse(publishResponse, published)).toEqual(published);
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
