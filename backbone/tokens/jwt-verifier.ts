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
  /** `aud` of the tokens, or `client_id` where they have no `aud`, as the access tokens of Cognito. */
  readonly audience: string;
  /** Where the issuer publishes its keys. */
  readonly jwksUri: string;
}

/** How far the issuer's clock may be ahead of ours: `nbf` and `iat` may lie so many seconds in the future. `exp` gets no such grace. */
const CLOCK_SKEW_SECONDS = 5;

/** The last second of the year 9999, which is the last that dates are written for. */
const MAX_SECONDS = 253_402_300_799;

/**
 * Checks tokens against the keys of one OpenID Connect issuer: RSA, ECDSA and EdDSA signatures, never `none` and never HMAC.
 * Keys are fetched when the first token needs them and kept; a key id that is not among them is looked for again, as often as
 * {@link KeyFetches} allows. In between nobody can say whether its token is good.
 *
 * @param nowMs the time for fetches; the times of tokens are compared with the system's
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
        // Nothing is awaited once the keys are there: thousands of streams open at once when a task is lost.
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
 * Decoders skip padding and the bits that are left over in a last character, so that one signature could be written in many
 * ways. What is signed cannot.
 * @throws JwtParseError
 */
function requireOneForm(token: string): void {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  if (/^[A-Za-z0-9_.-]+$/.test(token) && Buffer.from(signature, 'base64url').toString('base64url') === signature) return;
  throw new JwtParseError('not base64url without padding');
}

/** Dates cannot be made of numbers that are far out. */
function timeOutOfRange(payload: { readonly exp?: number; readonly nbf?: number; readonly iat?: number }): AccessDeniedError | undefined {
  for (const claim of ['exp', 'nbf', 'iat'] as const) {
    const seconds = payload[claim];
    if (seconds === undefined || (seconds >= 0 && seconds <= MAX_SECONDS)) continue;
    return new AccessDeniedError(
      'unauthorized',
      `the token's ${claim} is ${seconds}, but must be in seconds since 1970, from 0 to ${MAX_SECONDS}`,
    );
  }
  return undefined;
}

function checkIssuedAt({ iat }: { readonly iat?: number | undefined }): void {
  if (iat === undefined || iat <= Date.now() / 1_000 + CLOCK_SKEW_SECONDS) return;
  throw new AccessDeniedError('unauthorized', 'the token is not valid: it was issued in the future (iat)');
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
function toRefusal(cause: unknown, token: string): unknown {
  // The library compares the times before it lets us look at them, and fails where it is to write such a date.
  const isOfTime = cause instanceof RangeError || cause instanceof JwtExpiredError || cause instanceof JwtNotBeforeError;
  const outOfRange = isOfTime ? timeOutOfRange(decomposeUnverifiedJwt(token).payload) : undefined;
  if (outOfRange !== undefined) return outOfRange;
  if (cause instanceof FetchError || cause instanceof JwksValidationError || cause instanceof JwkValidationError) {
    return new KeysUnavailableError("the keys of the tokens' issuer cannot be had right now", { cause });
  }
  if (cause instanceof JwtExpiredError) return tokenExpired(Number(cause.failedAssertion.actual) * 1_000, { cause });
  if (cause instanceof WaitPeriodNotYetEndedJwkError) {
    return new KeysUnavailableError('the key of the token is not known, and the keys of its issuer were fetched a moment ago: try again', {
      cause,
      isExpected: true,
    });
  }
  // Every other error of the library speaks of the token.
  if (cause instanceof JwtBaseError) return new AccessDeniedError('unauthorized', `the token is not valid: ${reasonOf(cause)}`, { cause });
  return cause;
}

function reasonOf(cause: JwtBaseError): string {
  if (cause instanceof JwtInvalidSignatureError) return 'its signature is wrong';
  if (cause instanceof JwtInvalidIssuerError) return 'it is of another issuer';
  if (cause instanceof JwtInvalidAudienceError) return 'it is for another audience';
  if (cause instanceof JwtNotBeforeError) return 'its time has not come yet (nbf)';
  if (cause instanceof KidNotFoundInJwksError) return 'its issuer has no such key';
  return 'it is no JWT that is signed with a key of its issuer';
}
