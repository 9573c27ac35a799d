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
  JwtParseError,
  KidNotFoundInJwksError,
  WaitPeriodNotYetEndedJwkError,
} from 'aws-jwt-verify/error';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';
import { type Access, AccessDeniedError, KeysUnavailableError, parseAccess, requireUnexpired, tokenExpired } from '../domain/access.ts';
import type { TokenVerifier } from '../ports.ts';
import { KeyFetches } from './key-fetches.ts';

export interface JwtVerifierOptions {
  /** `iss` of the tokens. */
  readonly issuer: string;
  /** `aud` of the tokens, or `client_id` if they have no `aud`, as in Cognito's access tokens. */
  readonly audience: string;
  /** Where the issuer publishes its keys. */
  readonly jwksUri: string;
}

/**
 * How far the issuer's clock may be ahead of ours: `nbf` and `iat` may be this far in the future. `exp` gets
 * no tolerance.
 */
const CLOCK_SKEW_SECONDS = 5;

/** The last second of the year 9999, the last year that an ISO date can show with four digits. */
const MAX_SECONDS = 253_402_300_799;

/**
 * Checks tokens against the keys of one OpenID Connect issuer: RSA, ECDSA and EdDSA signatures, never `none`
 * and never HMAC. The first token that needs the keys causes them to be fetched, and they are kept. An
 * unknown key id causes another fetch, as often as {@link KeyFetches} allows; in between, its token cannot be
 * checked.
 *
 * @param nowMs the clock for fetches; token times are compared with the system clock
 */
export function createJwtVerifier({ issuer, audience, jwksUri }: JwtVerifierOptions, nowMs: () => number = Date.now): TokenVerifier {
  const fetches = new KeyFetches(nowMs);
  const jwksCache = new SimpleJwksCache({ fetcher: fetches, penaltyBox: fetches });
  const verifier = JwtVerifier.create(
    {
      issuer,
      jwksUri,
      audience: null,
      graceSeconds: CLOCK_SKEW_SECONDS,
      customJwtCheck: ({ payload }) => {
        const outOfRange = timeOutOfRange(payload);
        if (outOfRange !== undefined) throw outOfRange;
        checkAudience(payload, audience);
        checkIssuedAt(payload);
      },
    },
    { jwksCache },
  );
  return {
    verify(token) {
      try {
        requireOneForm(token);
        // Nothing is awaited once the keys are cached: thousands of streams open at once when a task is lost.
        return toAccess(verifier.verifySync(token));
      } catch (error) {
        if (error instanceof JwksNotAvailableInCacheError || error instanceof KidNotFoundInJwksError) {
          return verifier.verify(token).then(toAccess, (cause: unknown) => Promise.reject(toRefusal(cause, token)));
        }
        throw toRefusal(error, token);
      }
    },
  };
}

/**
 * Decoders ignore padding and the leftover bits of the last character, so one signature could be written in
 * many ways. Only one of them is accepted. The signed parts cannot vary like that.
 * @throws JwtParseError
 */
function requireOneForm(token: string): void {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  if (/^[A-Za-z0-9_.-]+$/.test(token) && Buffer.from(signature, 'base64url').toString('base64url') === signature) return;
  throw new JwtParseError('not base64url without padding');
}

/** JavaScript cannot represent dates that are too far away. */
function timeOutOfRange(payload: { readonly exp?: number; readonly nbf?: number; readonly iat?: number }): AccessDeniedError | undefined {
  for (const claim of ['exp', 'nbf', 'iat'] as const) {
    const seconds = payload[claim];
    if (seconds === undefined || (seconds >= 0 && seconds <= MAX_SECONDS)) continue;
    return new AccessDeniedError(
      'unauthorized',
      `the token's ${claim} is ${seconds}, but must be seconds since 1970, from 0 to ${MAX_SECONDS}`,
    );
  }
  return undefined;
}

function checkIssuedAt({ iat }: { readonly iat?: number | undefined }): void {
  if (iat === undefined || iat <= Date.now() / 1_000 + CLOCK_SKEW_SECONDS) return;
  throw new AccessDeniedError('unauthorized', 'the token is not valid: its iat is in the future');
}

function checkAudience({ aud, client_id }: Readonly<Record<string, unknown>>, audience: string): void {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud ?? client_id];
  if (!audiences.includes(audience)) throw new JwtInvalidAudienceError('wrong audience', aud, audience);
}

function toAccess(claims: object): Access {
  const access = parseAccess(claims as Readonly<Record<string, unknown>>);
  // The library still accepts a token during the second in which it expires.
  requireUnexpired(access, Date.now());
  return access;
}

/** The reason that the client may see. The library's own messages quote parts of the token. */
function toRefusal(cause: unknown, token: string): unknown {
  // The library compares the times before our check runs, and throws a RangeError when it formats a date that
  // is out of range.
  const isOfTime = cause instanceof RangeError || cause instanceof JwtExpiredError || cause instanceof JwtNotBeforeError;
  const outOfRange = isOfTime ? timeOutOfRange(decomposeUnverifiedJwt(token).payload) : undefined;
  if (outOfRange !== undefined) return outOfRange;
  if (cause instanceof FetchError || cause instanceof JwksValidationError || cause instanceof JwkValidationError) {
    return new KeysUnavailableError("the keys of the token's issuer are unavailable: try again", { cause });
  }
  if (cause instanceof JwtExpiredError) return tokenExpired(Number(cause.failedAssertion.actual) * 1_000, { cause });
  if (cause instanceof WaitPeriodNotYetEndedJwkError) {
    return new KeysUnavailableError("the token's key is unknown, and its issuer's keys were fetched a moment ago: try again", {
      cause,
      isExpected: true,
    });
  }
  // Every other error of the library is about the token.
  if (cause instanceof JwtBaseError) return new AccessDeniedError('unauthorized', `the token is not valid: ${reasonOf(cause)}`, { cause });
  return cause;
}

function reasonOf(cause: JwtBaseError): string {
  if (cause instanceof JwtInvalidSignatureError) return 'its signature is wrong';
  if (cause instanceof JwtInvalidIssuerError) return 'it is from another issuer';
  if (cause instanceof JwtInvalidAudienceError) return 'it is for another audience';
  if (cause instanceof JwtNotBeforeError) return 'its nbf is in the future';
  if (cause instanceof KidNotFoundInJwksError) return 'its issuer has no key with its kid';
  return 'it is not a JWT signed with a key of its issuer';
}
