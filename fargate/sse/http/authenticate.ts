import type { IncomingMessage } from 'node:http';
import { type Access, AccessDeniedError } from '../../../backbone/domain/access.ts';
import { type AccessPolicy, findToken } from '../../../backbone/domain/credentials.ts';
import type { TokenVerifier } from '../../../backbone/ports.ts';
import { requireOwnPage } from './origin.ts';

/**
 * Finds out who sends a request and what they may do. Returns no promise if it can answer at once.
 *
 * Throws or rejects with AccessDeniedError or KeysUnavailableError.
 */
export type Authenticate = (request: IncomingMessage, query: URLSearchParams) => Access | Promise<Access>;

/**
 * Checks the token of a request: in `Authorization`, in the query of a request that reads, or in the session
 * cookie.
 */
export function createAuthenticate(verifier: TokenVerifier, policy: AccessPolicy): Authenticate {
  return (request, query) => {
    const reads = request.method === 'GET';
    const tokens = query.getAll('token');
    if (!reads && tokens.length > 0) {
      throw new AccessDeniedError('unauthorized', 'only streams and polls accept a token in the query: send it as Authorization: Bearer');
    }
    const { authorization, cookie } = request.headers;
    const { token, carrier } = findToken({ authorization, query: tokens, cookie }, policy);
    // Browsers add the cookie whichever page sends the request. CORS decides which page may read the
    // response, but a request that changes something must come from an allowed page.
    if (carrier === 'cookie' && !reads) requireOwnPage(request, policy.origins);
    return verifier.verify(token);
  };
}
