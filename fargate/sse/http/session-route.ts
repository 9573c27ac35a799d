import type { IncomingMessage } from 'node:http';
import { bearer, SESSION_COOKIE } from '../../../backbone/domain/credentials.ts';
import type { Clock, TokenVerifier } from '../../../backbone/ports.ts';
import { requireOwnPage } from './origin.ts';
import { problem, type Reply } from './reply.ts';

export interface SessionRouteOptions {
  readonly verifier: TokenVerifier;
  readonly origins: readonly string[];
  readonly clock: Clock;
}

/** Browsers silently drop longer cookies (RFC 6265bis). */
const MAX_COOKIE_BYTES = 4_096;

/**
 * Scripts cannot read the cookie, pages of other sites cannot send it, and it is sent over TLS only, or to
 * the browser's own machine.
 */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/**
 * `POST /v1/session`: copies the token from `Authorization` to a cookie, for EventSource, which can send
 * nothing else.
 */
export async function openSession(request: IncomingMessage, { verifier, origins, clock }: SessionRouteOptions): Promise<Reply> {
  rejectForeignPages(request, origins);
  const token = bearer(request.headers.authorization);
  const { expiresAtMs } = await verifier.verify(token);
  const lasts = Math.max(0, Math.floor((expiresAtMs - clock.nowMs()) / 1_000));
  const cookie = `${SESSION_COOKIE}=${token}; ${ATTRIBUTES}; Max-Age=${lasts}`;
  if (cookie.length > MAX_COOKIE_BYTES) {
    return problem(
      400,
      'bad_request',
      `the token is too long for a cookie: it would have ${cookie.length} bytes, but browsers accept ${MAX_COOKIE_BYTES}`,
    );
  }
  return sessionReply(cookie);
}

/** `DELETE /v1/session`. */
export function endSession(request: IncomingMessage, { origins }: SessionRouteOptions): Reply {
  rejectForeignPages(request, origins);
  return sessionReply(`${SESSION_COOKIE}=; ${ATTRIBUTES}; Max-Age=0`);
}

function sessionReply(cookie: string): Reply {
  return { status: 204, headers: { 'Set-Cookie': cookie, 'Cache-Control': 'no-store' }, body: '' };
}

/** Only browsers send these headers, and only a browser has a session that a foreign page could change. */
function rejectForeignPages(request: IncomingMessage, origins: readonly string[]): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined || site !== undefined) requireOwnPage(request, origins);
}
