import { AccessDeniedError } from './access.ts';

/** The cookie that `POST /v1/session` sets. Browsers take a name with this prefix only with `Secure`, `Path=/` and without a domain. */
export const SESSION_COOKIE = '__Host-lanes';

/** In the list of sub-protocols of an upgrade, a token follows this prefix: browsers let a page set nothing else. */
const SUBPROTOCOL_PREFIX = 'bearer.';

/** What a request carries its token in. */
export type Carrier = 'authorization' | 'subprotocol' | 'query' | 'cookie';

/** Where a token can be. Each as it came; undefined or empty where it did not. */
export interface Credentials {
  readonly authorization?: string | undefined;
  readonly subprotocols?: readonly string[];
  /** Every value of the parameter `token`. */
  readonly query: readonly string[];
  readonly cookie?: string | undefined;
}

/** What a stage allows beside what the token says. */
export interface AccessPolicy {
  /** Whether a token may travel in the query, where proxies and access logs can see it. */
  readonly queryToken: boolean;
  /** Origins of pages that may use the lanes besides the lane's own: `https://app.example.com`. */
  readonly origins: readonly string[];
}

export interface FoundToken {
  readonly token: string;
  readonly carrier: Carrier;
}

/**
 * The token of a request. What its sender has put there on purpose comes before the cookie, which browsers add by themselves.
 * @throws AccessDeniedError `unauthorized`
 */
export function findToken({ authorization, subprotocols = [], query, cookie }: Credentials, { queryToken }: AccessPolicy): FoundToken {
  if (authorization !== undefined && authorization !== '') return { token: bearer(authorization), carrier: 'authorization' };
  const offered = subprotocols.find((subprotocol) => subprotocol.startsWith(SUBPROTOCOL_PREFIX));
  if (offered !== undefined) return { token: offered.slice(SUBPROTOCOL_PREFIX.length), carrier: 'subprotocol' };
  const [token, ...others] = query;
  if (token !== undefined) {
    if (!queryToken)
      throw new AccessDeniedError('unauthorized', 'a token in the query is not taken here: send it as Authorization: Bearer');
    if (others.length > 0) throw new AccessDeniedError('unauthorized', 'the parameter token is given more than once');
    return { token, carrier: 'query' };
  }
  const session = cookieValue(cookie);
  if (session !== undefined) return { token: session, carrier: 'cookie' };
  throw new AccessDeniedError('unauthorized', 'there is no token: send it as Authorization: Bearer');
}

/**
 * The token of an `Authorization` header.
 * @throws AccessDeniedError `unauthorized` where there is none
 */
export function bearer(authorization = ''): string {
  const [, token] = /^bearer +([^\s]+)$/i.exec(authorization) ?? [];
  if (token === undefined) throw new AccessDeniedError('unauthorized', 'Authorization must be Bearer and a token');
  return token;
}

function cookieValue(header = ''): string | undefined {
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === SESSION_COOKIE) return pair.slice(at + 1).trim();
  }
  return undefined;
}
