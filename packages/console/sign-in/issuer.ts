import * as oauth from 'oauth4webapi';
import { SignInError, type SignInStep, signInError } from './sign-in-error.ts';

/** The deployment's OpenID Connect issuer. */
export interface SignInConfig {
  readonly issuer: string;
  readonly clientId: string;
}

export interface Tokens {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  /** Undefined after Cognito refreshes a token: the first refresh token stays valid. */
  readonly refreshToken: string | undefined;
}

/** Ties the issuer's response to one sign-in. */
export interface Challenge {
  readonly state: string;
  readonly verifier: string;
}

export function newChallenge(): Challenge {
  return { state: oauth.generateRandomState(), verifier: oauth.generateRandomCodeVerifier() };
}

/** The user is waiting: an issuer that takes longer counts as unreachable. */
const TIMEOUT_MS = 10_000;

/**
 * For an issuer that does not tell how long its tokens last. If the server refuses one earlier, the page
 * requests the next.
 */
const DEFAULT_LIFETIME_SECONDS = 3_600;

/** The page is a public client: PKCE takes the place of a secret. */
const NO_SECRET = oauth.None();

/**
 * The issuer's endpoints, for one public client. Every method throws {@link SignInError} and does not retry.
 */
export class Issuer {
  readonly #config: SignInConfig;
  readonly #server: oauth.AuthorizationServer;
  readonly #client: oauth.Client;

  private constructor(config: SignInConfig, server: oauth.AuthorizationServer) {
    this.#config = config;
    this.#server = server;
    this.#client = { client_id: config.clientId };
  }

  /** Reads the discovery document. */
  static discover(config: SignInConfig): Promise<Issuer> {
    return attempt(config, 'discovery', async () => {
      const url = new URL(config.issuer);
      const answer = await oauth.discoveryRequest(url, requestOptions(config));
      return new Issuer(config, await oauth.processDiscoveryResponse(url, answer));
    });
  }

  /** Where the user signs in. */
  async authorizationUrl({ state, verifier }: Challenge, redirectUri: string): Promise<string> {
    const { authorization_endpoint } = this.#server;
    if (authorization_endpoint === undefined || !URL.canParse(authorization_endpoint)) {
      throw new SignInError(`The discovery document of ${this.#config.issuer} has no authorization_endpoint.`);
    }
    const target = new URL(authorization_endpoint);
    const parameters = {
      response_type: 'code',
      client_id: this.#config.clientId,
      redirect_uri: redirectUri,
      scope: 'openid',
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
    return target.href;
  }

  /** Exchanges the code with which the issuer sent the user back for tokens. */
  async exchange(answer: URLSearchParams, { state, verifier }: Challenge, redirectUri: string): Promise<Tokens> {
    const validated = await attempt(this.#config, 'return', async () =>
      oauth.validateAuthResponse(this.#server, this.#client, answer, state),
    );
    return attempt(this.#config, 'token', async () => {
      const options = requestOptions(this.#config);
      const response = await oauth.authorizationCodeGrantRequest(
        this.#server,
        this.#client,
        NO_SECRET,
        validated,
        redirectUri,
        verifier,
        options,
      );
      return toTokens(await oauth.processAuthorizationCodeResponse(this.#server, this.#client, response));
    });
  }

  refresh(refreshToken: string): Promise<Tokens> {
    return attempt(this.#config, 'renewal', async () => {
      const options = requestOptions(this.#config);
      const response = await oauth.refreshTokenGrantRequest(this.#server, this.#client, NO_SECRET, refreshToken, options);
      return toTokens(await oauth.processRefreshTokenResponse(this.#server, this.#client, response));
    });
  }
}

function requestOptions({ issuer }: SignInConfig) {
  const { protocol, hostname } = new URL(issuer);
  return {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    // The issuer of a local run has no TLS. For any other issuer, the library requires TLS, and should.
    [oauth.allowInsecureRequests]: protocol === 'http:' && hostname === '127.0.0.1',
  };
}

function toTokens({ access_token, expires_in, refresh_token }: oauth.TokenEndpointResponse): Tokens {
  return { accessToken: access_token, expiresInSeconds: expires_in ?? DEFAULT_LIFETIME_SECONDS, refreshToken: refresh_token };
}

async function attempt<T>({ issuer }: SignInConfig, step: SignInStep, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw signInError(error, step, issuer);
  }
}
