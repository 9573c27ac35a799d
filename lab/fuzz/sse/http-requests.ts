import * as fc from 'fast-check';
import { distorted, hostileJson, hostileText, mangled } from '../hostile.ts';

const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'CONNECT', 'TRACE', 'BREW', 'get'] as const;
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', ''] as const;

/** As much as fits a request line of one line; what does not is for {@link mangled}. */
const targetPart = hostileText.map((text) => encodeURI(text.toWellFormed()).slice(0, 2_000));

const target: fc.Arbitrary<string> = fc.oneof(
  fc.constant('/v1/events?channel=open'),
  fc.constant('/v1/channels/open/events'),
  fc
    .tuple(fc.constantFrom('channel', 'after', 'lastEventId', 'waitSeconds', 'token', '__proto__'), targetPart)
    .map(([name, value]) => `/v1/events?channel=open&${name}=${value}`),
  targetPart.map((part) => `/v1/channels/${part}/events`),
  targetPart.map((part) => `/${part}`),
  targetPart,
  fc.constantFrom('*', 'http://host/v1/events?channel=open', '//host/v1/events', '/v1/events?channel=open#x'),
);

const header: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'Accept: text/event-stream',
    'Accept: application/json',
    'Accept: */*;q=0',
    'Content-Type: application/json',
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Connection: close',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Expect: 100-continue',
    'Expect: nonsense',
    'Last-Event-ID: x.1',
    'Host: again',
    'Cookie: __Host-lanes=x',
    'Authorization: Bearer x',
  ),
  fc
    .tuple(fc.constantFrom('Last-Event-ID', 'Idempotency-Key', 'Accept', 'Origin', 'X-Any'), hostileText)
    .map(([name, value]) => `${name}: ${value.slice(0, 20_000)}`),
  fc.integer({ min: 1, max: 3_000 }).map((count) => Array.from({ length: count }, (_, index) => `X-${index}: y`).join('\r\n')),
);

const body: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: distorted({ type: 'message', data: 'hello' }) },
  { weight: 2, arbitrary: distorted({ events: [{ type: 'message', data: 'hello' }, { data: 'x' }] }) },
  { weight: 1, arbitrary: hostileJson },
);

/** Requests as bytes: most nearly right, some far off, several on one connection at times. */
export const httpBytes: fc.Arbitrary<Buffer> = mangled(
  fc
    .array(
      fc
        .record({
          method: fc.constantFrom(...METHODS),
          target,
          version: fc.constantFrom(...VERSIONS),
          headers: fc.array(header, { maxLength: 4 }),
          body,
        })
        .map(({ method, target: path, version, headers, body: text }) => {
          const bytes = Buffer.from(method === 'POST' ? text : '');
          const framing = method === 'POST' ? ['Content-Type: application/json', `Content-Length: ${bytes.length}`] : [];
          const head = [`${method} ${path} ${version}`, 'Host: x', ...framing, ...headers, '', ''].join('\r\n');
          return Buffer.concat([Buffer.from(head), bytes]);
        }),
      { minLength: 1, maxLength: 3 },
    )
    .map((requests) => Buffer.concat(requests)),
);
