/** What the deployment tells of its OpenID Connect issuer. */
export interface SignInConfig {
  readonly issuer: string;
  readonly clientId: string;
}

/** Somebody is signed in: tokens for the client library, and a session cookie for EventSource. */
export interface Identity {
  /** Resolves when the session's cookie is good, with a new token if the last has expired. */
  ready(): Promise<string>;
  /** A `token` option of `connect`: asked again, it knows that the server has refused what it gave. */
  tokenFunction(): () => Promise<string>;
}

interface Endpoints {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

interface Tokens {
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
  /** Cognito gives none when a token is refreshed: the first stays good. */
  readonly refresh_token?: string;
}

/** What survives the way to the issuer and back. */
interface Errand {
  readonly state: string;
  readonly verifier: string;
  /** The page's own query. */
  readonly search: string;
}

const ERRAND_KEY = 'lanes.sign-in';

/** A token is renewed so long before its end: the clocks differ, and requests take time. */
const MARGIN_MS = 10_000;

/**
 * Signs the user in by the authorization code flow with PKCE, which leaves the page for the issuer and comes back. Resolves
 * when somebody is signed in.
 * @throws Error with a sentence of what went wrong
 */
export async function signIn(config: SignInConfig): Promise<Identity> {
  const endpoints = await fetchJson<Endpoints>(`${config.issuer}/.well-known/openid-configuration`);
  const errand = takeErrand();
  const query = new URLSearchParams(location.search);
  const code = query.get('code');
  if (code === null || errand === undefined || query.get('state') !== errand.state) return leaveForIssuer(config, endpoints);
  history.replaceState(null, '', `${location.pathname}${errand.search}`);
  const grant = { grant_type: 'authorization_code', code, code_verifier: errand.verifier, redirect_uri: redirectUri() };
  const identity = new SignedIn(config, endpoints, await askForTokens(config, endpoints, grant));
  await identity.begin();
  return identity;
}

class SignedIn implements Identity {
  readonly #config: SignInConfig;
  readonly #endpoints: Endpoints;
  #tokens: Tokens;
  #refreshToken: string | undefined;
  #endsAtMs = 0;
  #renewing: Promise<string> | undefined;

  constructor(config: SignInConfig, endpoints: Endpoints, tokens: Tokens) {
    this.#config = config;
    this.#endpoints = endpoints;
    this.#tokens = tokens;
    this.#take(tokens);
  }

  begin(): Promise<string> {
    return openSession(this.#tokens.access_token);
  }

  async ready(): Promise<string> {
    return Date.now() < this.#endsAtMs ? this.#tokens.access_token : this.#renew();
  }

  tokenFunction(): () => Promise<string> {
    let given: string | undefined;
    return async () => {
      given = given === this.#tokens.access_token ? await this.#renew() : await this.ready();
      return given;
    };
  }

  #take(tokens: Tokens): void {
    this.#tokens = tokens;
    this.#refreshToken = tokens.refresh_token ?? this.#refreshToken;
    this.#endsAtMs = Date.now() + tokens.expires_in * 1_000 - MARGIN_MS;
  }

  /** Once, for all that ask at the same time. */
  #renew(): Promise<string> {
    this.#renewing ??= this.#refresh().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #refresh(): Promise<string> {
    const grant = { grant_type: 'refresh_token', refresh_token: this.#refreshToken ?? '' };
    this.#take(await askForTokens(this.#config, this.#endpoints, grant));
    return openSession(this.#tokens.access_token);
  }
}

async function openSession(token: string): Promise<string> {
  const response = await fetch('/v1/session', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`the session could not be opened: the server answered ${response.status}`);
  return token;
}

function askForTokens({ clientId }: SignInConfig, endpoints: Endpoints, grant: Readonly<Record<string, string>>): Promise<Tokens> {
  const body = new URLSearchParams({ client_id: clientId, ...grant });
  return fetchJson<Tokens>(endpoints.token_endpoint, { method: 'POST', body });
}

async function fetchJson<T>(url: string, init?: RequestInit): Promise<T> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`the issuer of tokens answered ${response.status} at ${url}`);
  return (await response.json()) as T;
}

/** Never resolves: the page goes. */
async function leaveForIssuer({ clientId }: SignInConfig, { authorization_endpoint }: Endpoints): Promise<never> {
  const errand: Errand = { state: randomText(), verifier: randomText(), search: location.search };
  sessionStorage.setItem(ERRAND_KEY, JSON.stringify(errand));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(errand.verifier));
  const target = new URL(authorization_endpoint);
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri(),
    scope: 'openid',
    state: errand.state,
    code_challenge: base64Url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  location.replace(target);
  return new Promise(() => {});
}

/** Good for one return. */
function takeErrand(): Errand | undefined {
  const text = sessionStorage.getItem(ERRAND_KEY);
  sessionStorage.removeItem(ERRAND_KEY);
  return text === null ? undefined : (JSON.parse(text) as Errand);
}

function redirectUri(): string {
  return `${location.origin}/`;
}

function randomText(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
