import { type Access, tokenExpired } from '../domain/access.ts';
import type { TokenVerifier } from '../ports.ts';

/** About 5 MB of tokens. */
const MOST = 4_096;

/**
 * Remembers the tokens that a verifier found valid, until they expire: checking a signature costs as much as
 * opening a stream, and reconnecting streams and polls bring the same token again. The oldest is forgotten
 * first. Refused tokens are not remembered, so made-up tokens cannot push out valid ones.
 */
export function rememberVerified(verifier: TokenVerifier, nowMs: () => number = Date.now): TokenVerifier {
  const known = new Map<string, Access>();
  const remember = (token: string, access: Access): Access => {
    known.set(token, access);
    const [oldest] = known.keys();
    if (known.size > MOST && oldest !== undefined) known.delete(oldest);
    return access;
  };
  return {
    verify(token) {
      const access = known.get(token);
      if (access === undefined) {
        const verified = verifier.verify(token);
        return verified instanceof Promise ? verified.then((found) => remember(token, found)) : remember(token, verified);
      }
      if (nowMs() < access.expiresAtMs) return access;
      known.delete(token);
      throw tokenExpired(access.expiresAtMs);
    },
  };
}
