import { JwtVerifier } from 'aws-jwt-verify';
import {
  FetchError,
  JwksNotAvailableInCacheError,
  JwksValidationError,
  JwkValidationError,
  JwtBaseError,
  JwtExpiredError,
  JwtInvalidAudienceError,
  JwtInvalidIssuerError,
  JwtInvalidSignatureError,
  JwtNotBeforeError,
  KidNotFoundInJwksError,
  WaitPeriodNotYetEndedJwkError,
} from 'aws-jwt-verify/error';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { type Access, AccessDeniedError, KeysUnavailableError, parseAccess, requireUnexpired, tokenExpired } from '../domain/access.ts';
import type { TokenVerifier } from '../ports.ts';

export interface JwtVerifierOptions {
  /** `iss` of the tokens. */
  readonly issuer: string;
  /** `aud` of the tokens, or `client_id` where they have no `aud`, as the access tokens of Cognito. */
  readonly audience: string;
  /** Where the issuer publishes its keys. */
  readonly jwksUri: string;
}

/** The keys come from the other side of a Region at the most. Whoever waits for them is a client that connects. */
const FETCH_TIMEOUT_MS = 3_000;

/** A set of keys has a few kilobytes; a server that sends more is not what it should be. */
const MAX_JWKS_BYTES = 256 * 1024;

/**
 * Checks tokens against the keys of one OpenID Connect issuer: RSA, ECDSA and EdDSA signatures, never `none` and never HMAC.
 * Keys are fetched when the first token needs them and kept; a key id that is not among them is looked for again, at most every
 * 10 s, so that a new key is found and a made-up one costs nothing.
 */
export function createJwtVerifier({ issuer, audience, jwksUri }: JwtVerifierOptions): TokenVerifier {
  const jwksCache = new SimpleJwksCache({ fetcher: { fetch: fetchKeys } });
  const verifier = JwtVerifier.create(
    { issuer, jwksUri, audience: null, customJwtCheck: ({ payload }) => checkAudience(payload, audience) },
    { jwksCache },
  );
  return {
    verify(token) {
      try {
        // Nothing is awaited once the keys are there: thousands of streams open at once when a task is lost.
        return toAccess(verifier.verifySync(token));
      } catch (error) {
        if (error instanceof JwksNotAvailableInCacheError || error instanceof KidNotFoundInJwksError) {
          return verifier.verify(token).then(toAccess, (cause: unknown) => Promise.reject(toRefusal(cause)));
        }
        throw toRefusal(error);
      }
    },
  };
}

function checkAudience({ aud, client_id }: Readonly<Record<string, unknown>>, audience: string): void {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud ?? client_id];
  if (!audiences.includes(audience)) throw new JwtInvalidAudienceError('wrong audience', aud, audience);
}

function toAccess(claims: object): Access {
  const access = parseAccess(claims as Readonly<Record<string, unknown>>);
  // The library takes a token during the very second of its end.
  requireUnexpired(access, Date.now());
  return access;
}

/** What the client may know. The library's own sentences quote what is in the token. */
function toRefusal(cause: unknown): unknown {
  if (cause instanceof FetchError || cause instanceof JwksValidationError || cause instanceof JwkValidationError) {
    return new KeysUnavailableError("the keys of the tokens' issuer cannot be had right now", { cause });
  }
  if (cause instanceof JwtExpiredError) return tokenExpired(Number(cause.failedAssertion.actual) * 1_000, { cause });
  // Every other error of the library speaks of the token.
  if (cause instanceof JwtBaseError) return new AccessDeniedError('unauthorized', `the token is not valid: ${reasonOf(cause)}`, { cause });
  return cause;
}

function reasonOf(cause: JwtBaseError): string {
  if (cause instanceof JwtInvalidSignatureError) return 'its signature is wrong';
  if (cause instanceof JwtInvalidIssuerError) return 'it is of another issuer';
  if (cause instanceof JwtInvalidAudienceError) return 'it is for another audience';
  if (cause instanceof JwtNotBeforeError) return 'its time has not come yet (nbf)';
  if (cause instanceof KidNotFoundInJwksError || cause instanceof WaitPeriodNotYetEndedJwkError) return 'its issuer has no such key';
  return 'it is no JWT that is signed with a key of its issuer';
}

async function fetchKeys(uri: string): Promise<ArrayBuffer> {
  try {
    const response = await fetch(uri, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const body = await response.arrayBuffer();
    if (body.byteLength > MAX_JWKS_BYTES) throw new Error(`it sent ${body.byteLength} bytes`);
    return body;
  } catch (cause) {
    throw new FetchError(uri, cause);
  }
}
