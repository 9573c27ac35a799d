/** An existing OpenID Connect issuer. */
export interface TokenIssuer {
  /** `iss` of its tokens. */
  readonly url: string;
  /** `aud` of its tokens, or `client_id` if they have no `aud`. */
  readonly audience: string;
  readonly jwksUri: string;
}
