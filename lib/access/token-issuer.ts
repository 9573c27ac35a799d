/** An OpenID Connect issuer that exists already. */
export interface TokenIssuer {
  /** `iss` of its tokens. */
  readonly url: string;
  /** Their `aud`, or `client_id` where they have no `aud`. */
  readonly audience: string;
  readonly jwksUri: string;
}
