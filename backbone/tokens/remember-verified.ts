import { type Access, tokenExpired } from '../domain/access.ts';
import type { TokenVerifier } from '../ports.ts';

/** About 5 MB of tokens. */
const MOST = 4_096;

/**
 * Remembers the tokens that a verifier has found valid, until they expire: checking a signature costs as much as opening a
 * stream, and polls and streams that come again bring the token that they had. The one known longest is forgotten first. What
 * is refused is not remembered, so made-up tokens push nothing out.
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
