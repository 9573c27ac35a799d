import type { IncomingMessage } from 'node:http';
import { AccessDeniedError } from '../../../backbone/domain/access.ts';
import { quote } from '../../../packages/protocol/invalid-input.ts';
import type { Reply } from './reply.ts';

type Headers = Readonly<Record<string, string>>;

/** Headers of an answer to a page of another origin, which may read it then. */
export type CorsHeaders = (request: IncomingMessage) => Headers;

/**
 * What pages of other origins may send: what the lane reads, and what libraries add by themselves, to requests of their own
 * (`Cache-Control` of EventSource polyfills, `X-Requested-With`) or to every one that they trace (W3C Trace Context, Sentry).
 */
const ALLOWED_HEADERS = [
  'Authorization, Content-Type, Idempotency-Key, Last-Event-ID',
  'Cache-Control, X-Requested-With',
  'traceparent, tracestate, baggage, sentry-trace',
].join(', ');

/** Chromium remembers the answer to a preflight request no longer. */
const PREFLIGHT_MAX_AGE_SECONDS = '7200';

/** Every answer differs by origin, so caches have to know, whether this one is allowed or not. */
const STRANGER: Headers = { Vary: 'Origin' };

const NONE: Headers = {};

/** @param origins pages that may use the lane, with cookies */
export function createCors(origins: readonly string[]): CorsHeaders {
  if (origins.length === 0) return () => NONE;
  const allowed = new Map(origins.map((origin) => [origin, allow(origin)]));
  return ({ headers: { origin = '' } }) => allowed.get(origin) ?? STRANGER;
}

function allow(origin: string): Headers {
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': 'Retry-After, WWW-Authenticate',
    Vary: 'Origin',
  };
}

/** The answer to a browser that asks whether a page may send a request; what is allowed is said only to pages that may. */
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
 * Lets pass what a page of this lane or of an allowed origin has sent, as browsers tell (`Origin`, `Sec-Fetch-Site`): no page
 * can set either.
 * @throws AccessDeniedError `forbidden`
 */
export function requireOwnPage({ headers }: IncomingMessage, origins: readonly string[]): void {
  const { origin, 'sec-fetch-site': site } = headers;
  const isOwn = origin === undefined ? site === 'same-origin' : origins.includes(origin) || isOriginOf(origin, headers);
  if (isOwn) return;
  const what = origin === undefined ? 'it does not say from which page' : `it comes from a page of ${quote(origin)}`;
  throw new AccessDeniedError('forbidden', `the session's cookie does not speak for this request: ${what}`);
}

/** CloudFront, or else the load balancer, says how the client has come; without either it is plain HTTP. */
function isOriginOf(origin: string, headers: IncomingMessage['headers']): boolean {
  // Behind CloudFront the load balancer speaks of the way from there. A page can send neither without a preflight request.
  const protocol = headers['cloudfront-forwarded-proto'] ?? headers['x-forwarded-proto'] ?? 'http';
  return origin === `${String(protocol)}://${headers.host ?? ''}`;
}
