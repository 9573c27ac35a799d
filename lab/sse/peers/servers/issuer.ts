import { createSigningKey } from '../../../../packages/assembly-local/issuer/signing-key.ts';

/** As long as a bench may last. */
const LIFETIME_SECONDS = 86_400;

/** Signs tokens as an issuer of OpenID Connect does: with RS256, as Cognito. */
export interface Issuer {
  /** JSON of the key set that the issuer publishes. */
  readonly jwks: string;
  /** A token that allows everything. */
  readonly token: string;
  /** A token of one user, that allows everything. Signing takes about a millisecond. */
  tokenFor(subject: string): string;
}

export async function createIssuer(issuer: string, audience: string): Promise<Issuer> {
  const key = await createSigningKey();
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const tokenFor = (subject: string) =>
    key.sign({
      iss: issuer,
      aud: audience,
      sub: subject,
      iat: nowSeconds,
      exp: nowSeconds + LIFETIME_SECONDS,
      lanes: { subscribe: ['*'], publish: ['*'] },
    });
  return { jwks: JSON.stringify({ keys: [key.publicJwk] }), token: tokenFor('bench'), tokenFor };
}
