import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../endpoint/body.ts';
import { createSigningKey, type SigningKey } from './signing-key.ts';

/** Path under which the endpoint serves the issuer. */
export const ISSUER_PATH = '/issuer';

const JWKS_PATH = '/.well-known/jwks.json';

/** As long as Cognito's access tokens. */
const LIFETIME_SECONDS = 3_600;

/** Longer than any local run, so nobody has to renew a token that was copied by hand. */
const RUN_LIFETIME_SECONDS = 30 * 24 * 3_600;

const MAX_FORM_BYTES = 64 * 1024;

const EVERYTHING = { subscribe: ['*'], publish: ['*'] };

/** The content of a token. */
export interface TokenRequest {
  /** @default 'developer' */
  readonly subject?: string;
  /** Patterns of channels. @default everything, if publish is left out too */
  readonly subscribe?: readonly string[];
  readonly publish?: readonly string[];
  /** @default an hour */
  readonly expiresInSeconds?: number;
  /** Claims that are added or replace the usual ones. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

interface PendingCode {
  readonly challenge: string;
  readonly redirectUri: string;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object | string;
}

/**
 * The OpenID Connect issuer of a local run, instead of the one that the templates name. Keys and signatures
 * are real, and it issues any token you ask for. Pages sign in with the authorization code flow and PKCE,
 * without a prompt.
 */
export class Issuer {
  readonly #url: string;
  readonly #audience: string;
  readonly #key: SigningKey;
  readonly #codes = new Map<string, PendingCode>();

  private constructor(url: string, audience: string, key: SigningKey) {
    this.#url = url;
    this.#audience = audience;
    this.#key = key;
  }

  static async create(url: string, audience: string): Promise<Issuer> {
    return new Issuer(url, audience, await createSigningKey());
  }

  get url(): string {
    return this.#url;
  }

  get jwksUri(): string {
    return `${this.#url}${JWKS_PATH}`;
  }

  /** Its public key as a JSON Web Key Set. */
  get keySet(): string {
    return JSON.stringify({ keys: [this.#key.publicJwk] });
  }

  /** Where to get tokens: `curl -d grant_type=client_credentials -d subscribe='orders.*'`. */
  get tokenUrl(): string {
    return `${this.#url}/token`;
  }

  /** A token that allows everything for as long as a local run may last. */
  issueForRun(): string {
    return this.issue({ expiresInSeconds: RUN_LIFETIME_SECONDS });
  }

  issue({ subject = 'developer', subscribe, publish, expiresInSeconds = LIFETIME_SECONDS, claims }: TokenRequest = {}): string {
    const iat = Math.floor(Date.now() / 1_000);
    const lanes = subscribe === undefined && publish === undefined ? EVERYTHING : { subscribe: subscribe ?? [], publish: publish ?? [] };
    return this.#key.sign({
      iss: this.#url,
      aud: this.#audience,
      sub: subject,
      iat,
      exp: iat + expiresInSeconds,
      jti: randomUUID(),
      lanes,
      ...claims,
    });
  }

  /** Serves a request below {@link ISSUER_PATH}. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, headers, body } = await this.#answer(request);
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      // Pages of any origin may sign in here, as with Cognito.
      'Access-Control-Allow-Origin': '*',
      ...headers,
    });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.#url);
    switch (`${request.method} ${pathname.slice(ISSUER_PATH.length)}`) {
      case 'GET /.well-known/openid-configuration':
        return { status: 200, body: this.#configuration() };
      case `GET ${JWKS_PATH}`:
        return { status: 200, body: this.keySet };
      case 'GET /authorize':
        return this.#authorize(searchParams);
      case 'POST /token': {
        const form = await readBody(request, MAX_FORM_BYTES);
        return this.#grant(new URLSearchParams(form?.toString('utf8')));
      }
      default:
        return { status: 404, body: { error: 'not_found' } };
    }
  }

  #configuration(): object {
    return {
      issuer: this.#url,
      authorization_endpoint: `${this.#url}/authorize`,
      token_endpoint: this.tokenUrl,
      jwks_uri: this.jwksUri,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['RS256'],
      subject_types_supported: ['public'],
    };
  }

  #authorize(query: URLSearchParams): Answer {
    const redirectUri = query.get('redirect_uri') ?? '';
    const challenge = query.get('code_challenge');
    if (!URL.canParse(redirectUri) || challenge === null || query.get('code_challenge_method') !== 'S256') {
      return refusal('invalid_request', 'redirect_uri and an S256 code_challenge are needed');
    }
    const code = randomUUID();
    this.#codes.set(code, { challenge, redirectUri });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    return { status: 302, headers: { Location: back.href }, body: {} };
  }

  #grant(form: URLSearchParams): Answer {
    switch (form.get('grant_type')) {
      case 'authorization_code': {
        const code = form.get('code') ?? '';
        const pending = this.#codes.get(code);
        this.#codes.delete(code);
        const proof = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url');
        if (pending === undefined || pending.challenge !== proof || pending.redirectUri !== form.get('redirect_uri')) {
          return refusal('invalid_grant', 'the code, its verifier or its redirect_uri is not the one that was given');
        }
        return this.#answerToken({});
      }
      case 'refresh_token':
        return this.#answerToken({});
      case 'client_credentials':
        return this.#answerToken(readTokenRequest(form));
      default:
        return refusal('unsupported_grant_type', 'grant_type must be authorization_code, refresh_token or client_credentials');
    }
  }

  #answerToken(request: TokenRequest): Answer {
    const { expiresInSeconds = LIFETIME_SECONDS } = request;
    const token = this.issue(request);
    // Anybody may have any token here, so a refresh token proves nothing.
    return { status: 200, body: { access_token: token, refresh_token: randomUUID(), token_type: 'Bearer', expires_in: expiresInSeconds } };
  }
}

function refusal(error: string, description: string): Answer {
  return { status: 400, body: { error, error_description: description } };
}

function readTokenRequest(form: URLSearchParams): TokenRequest {
  const subject = form.get('subject');
  const expiresIn = form.get('expires_in');
  return {
    ...(subject !== null && { subject }),
    ...(form.has('subscribe') && { subscribe: form.getAll('subscribe') }),
    ...(form.has('publish') && { publish: form.getAll('publish') }),
    ...(expiresIn !== null && { expiresInSeconds: Number(expiresIn) }),
  };
}
