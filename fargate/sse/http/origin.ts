import type { IncomingMessage } from 'node:http';
import { AccessDeniedError } from '../../../backbone/domain/access.ts';
import { KINDS_HEADER } from '../../../packages/protocol/index.ts';
import { quote } from '../../../packages/protocol/invalid-input.ts';
import type { Reply } from './reply.ts';

type Headers = Readonly<Record<string, string>>;

/** Headers that let a page of another origin read the response. */
export type CorsHeaders = (request: IncomingMessage) => Headers;

/**
 * Headers that pages of other origins may send: those that the lane reads, and those that libraries add by
 * themselves, to their own requests (`Cache-Control` of EventSource polyfills, `X-Requested-With`) or to
 * every request that they trace (W3C Trace Context, Sentry).
 */
const ALLOWED_HEADERS = [
  'Authorization, Content-Type, Idempotency-Key, Last-Event-ID',
  'Cache-Control, X-Requested-With',
  'traceparent, tracestate, baggage, sentry-trace',
].join(', ');

/** Chromium caches the response to a preflight request for at most this long. */
const PREFLIGHT_MAX_AGE_SECONDS = '7200';

/** Responses differ by origin, whether it is allowed or not, so caches must know. */
const STRANGER: Headers = { Vary: 'Origin' };

const NONE: Headers = {};

/** @param origins pages that may use the lane with cookies */
export function createCors(origins: readonly string[]): CorsHeaders {
  if (origins.length === 0) return () => NONE;
  const allowed = new Map(origins.map((origin) => [origin, allow(origin)]));
  return ({ headers: { origin = '' } }) => allowed.get(origin) ?? STRANGER;
}

function allow(origin: string): Headers {
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': `Retry-After, WWW-Authenticate, ${KINDS_HEADER}`,
    Vary: 'Origin',
  };
}

/**
 * The response to a browser that asks whether a page may send a request. The headers that allow the origin
 * are added only for pages that may.
 */
export function preflight(methods: readonly string[]): Reply {
  const allow = methods.join(', ');
  return {
    status: 204,
    headers: {
      'Cache-Control': 'no-store',
      Allow: allow,
      'Access-Control-Allow-Methods': allow,
      'Access-Control-Allow-Headers': ALLOWED_HEADERS,
      'Access-Control-Max-Age': PREFLIGHT_MAX_AGE_SECONDS,
    },
    body: '',
  };
}

/**
 * Accepts requests that a page of this lane or of an allowed origin has sent, according to the browser
 * (`Origin`, `Sec-Fetch-Site`). No page can set these headers itself.
 * @throws AccessDeniedError `forbidden`
 */
export function requireOwnPage({ headers }: IncomingMessage, origins: readonly string[]): void {
  const { origin, 'sec-fetch-site': site } = headers;
  const isOwn = origin === undefined ? site === 'same-origin' : origins.includes(origin) || isOriginOf(origin, headers);
  if (isOwn) return;
  const what = origin === undefined ? 'it does not tell which page sent it' : `it comes from a page of ${quote(origin)}`;
  throw new AccessDeniedError('forbidden', `the session cookie is not accepted for this request: ${what}`);
}

/**
 * The protocol of the client comes from CloudFront, otherwise from the load balancer; without either it is
 * plain HTTP.
 */
function isOriginOf(origin: string, headers: IncomingMessage['headers']): boolean {
  // Behind CloudFront, the load balancer's header describes the connection from CloudFront. A page cannot
  // send either header without a preflight request.
  const protocol = headers['cloudfront-forwarded-proto'] ?? headers['x-forwarded-proto'] ?? 'http';
  return origin === `${String(protocol)}://${headers.host ?? ''}`;
}
