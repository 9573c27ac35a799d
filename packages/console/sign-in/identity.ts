import { type ReadonlySignal, signal } from '@preact/signals';
import type { Issuer, Tokens } from './issuer.ts';
import { SignInError } from './sign-in-error.ts';

/** A signed-in user: provides tokens for the client library. */
export interface Identity {
  /** Why there is no further token until the user signs in again; undefined while there is one. */
  readonly ended: ReadonlySignal<SignInError | undefined>;
  /**
   * Creates a `token` option for one `connect`: a second call means that the server refused the first token.
   */
  tokenFunction(): () => Promise<string>;
}

/** How long before its expiry a token is renewed: clocks differ, and requests take time. */
const MARGIN_MS = 10_000;

export function openIdentity(issuer: Issuer, tokens: Tokens): Identity {
  return new RenewingIdentity(issuer, tokens);
}

class RenewingIdentity implements Identity {
  readonly #issuer: Issuer;
  readonly #ended = signal<SignInError | undefined>(undefined);
  #accessToken: string;
  #refreshToken: string | undefined;
  #endsAtMs: number;
  #renewing: Promise<string> | undefined;

  constructor(issuer: Issuer, tokens: Tokens) {
    this.#issuer = issuer;
    this.#accessToken = tokens.accessToken;
    this.#refreshToken = tokens.refreshToken;
    this.#endsAtMs = endOf(tokens);
  }

  get ended(): ReadonlySignal<SignInError | undefined> {
    return this.#ended;
  }

  tokenFunction(): () => Promise<string> {
    let given: string | undefined;
    return async () => {
      const isGood = given !== this.#accessToken && Date.now() < this.#endsAtMs;
      given = isGood ? this.#accessToken : await this.#renew();
      return given;
    };
  }

  /** One renewal for all concurrent callers. */
  #renew(): Promise<string> {
    this.#renewing ??= this.#refresh().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #refresh(): Promise<string> {
    // The lanes keep asking; the issuer is not asked again for what it has refused.
    const ended = this.#ended.peek();
    if (ended !== undefined) throw ended;
    try {
      if (this.#refreshToken === undefined) {
        throw new SignInError('The sign-in has ended, and the issuer gives no token without a new one.', { refused: true });
      }
      const tokens = await this.#issuer.refresh(this.#refreshToken);
      this.#accessToken = tokens.accessToken;
      this.#refreshToken = tokens.refreshToken ?? this.#refreshToken;
      this.#endsAtMs = endOf(tokens);
      return tokens.accessToken;
    } catch (error) {
      if (error instanceof SignInError && error.refused) this.#ended.value = error;
      throw error;
    }
  }
}

function endOf({ expiresInSeconds }: Tokens): number {
  return Date.now() + expiresInSeconds * 1_000 - MARGIN_MS;
}
