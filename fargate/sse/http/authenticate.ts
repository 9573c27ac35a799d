import type { IncomingMessage } from 'node:http';
import { type Access, AccessDeniedError } from '../../../backbone/domain/access.ts';
import { type AccessPolicy, findToken } from '../../../backbone/domain/credentials.ts';
import type { TokenVerifier } from '../../../backbone/ports.ts';
import { requireOwnPage } from './origin.ts';

/**
 * Who asks, and what they may. Answers without a promise where it can.
 *
 * Throws or rejects with AccessDeniedError or KeysUnavailableError.
 */
export type Authenticate = (request: IncomingMessage, query: URLSearchParams) => Access | Promise<Access>;

/** Checks the token that a request carries: in `Authorization`, in the query of a request that reads, or in the session's cookie. */
export function createAuthenticate(verifier: TokenVerifier, policy: AccessPolicy): Authenticate {
  return (request, query) => {
    const reads = request.method === 'GET';
    const tokens = query.getAll('token');
    if (!reads && tokens.length > 0) {
      throw new AccessDeniedError('unauthorized', 'only streams and polls take a token in the query: send it as Authorization: Bearer');
    }
    const { authorization, cookie } = request.headers;
    const { token, carrier } = findToken({ authorization, query: tokens, cookie }, policy);
    // Browsers add the cookie whichever page sends the request. What a page may read, CORS decides; what it does must be meant.
    if (carrier === 'cookie' && !reads) requireOwnPage(request, policy.origins);
    return verifier.verify(token);
  };
}
