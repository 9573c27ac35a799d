import { AccessDeniedError } from './access.ts';

/**
 * The cookie that `POST /v1/session` sets. Browsers accept a name with this prefix only with `Secure`,
 * `Path=/` and no domain.
 */
export const SESSION_COOKIE = '__Host-lanes';

/**
 * Prefix of a token in the list of sub-protocols of an upgrade: pages can set no other header there.
 */
const SUBPROTOCOL_PREFIX = 'bearer.';

/** Where a request carries its token. */
export type Carrier = 'authorization' | 'subprotocol' | 'query' | 'cookie';

/** The places that may hold a token, unparsed; undefined or empty if the request has none there. */
export interface Credentials {
  readonly authorization?: string | undefined;
  readonly subprotocols?: readonly string[];
  /** Every value of the query parameter `token`. */
  readonly query: readonly string[];
  readonly cookie?: string | undefined;
}

/** What a stage allows, in addition to what the token says. */
export interface AccessPolicy {
  /** Whether a token may be sent in the query, where proxies and access logs can see it. */
  readonly queryToken: boolean;
  /** Origins of pages that may use the lanes, besides the lane's own pages: `https://app.example.com`. */
  readonly origins: readonly string[];
}

export interface FoundToken {
  readonly token: string;
  readonly carrier: Carrier;
}

/**
 * Finds the token of a request. A token that the sender added on purpose takes precedence over the cookie,
 * which browsers add by themselves.
 * @throws AccessDeniedError `unauthorized`
 */
export function findToken({ authorization, subprotocols = [], query, cookie }: Credentials, { queryToken }: AccessPolicy): FoundToken {
  if (authorization !== undefined && authorization !== '') return { token: bearer(authorization), carrier: 'authorization' };
  const offered = subprotocols.find((subprotocol) => subprotocol.startsWith(SUBPROTOCOL_PREFIX));
  if (offered !== undefined) return { token: offered.slice(SUBPROTOCOL_PREFIX.length), carrier: 'subprotocol' };
  const [token, ...others] = query;
  if (token !== undefined) {
    if (!queryToken)
      throw new AccessDeniedError('unauthorized', 'this stage does not accept a token in the query: send it as Authorization: Bearer');
    if (others.length > 0) throw new AccessDeniedError('unauthorized', 'the query has more than one parameter token: send one');
    return { token, carrier: 'query' };
  }
  const session = cookieValue(cookie);
  if (session !== undefined) return { token: session, carrier: 'cookie' };
  throw new AccessDeniedError('unauthorized', 'the request has no token: send one as Authorization: Bearer');
}

/**
 * The token of an `Authorization` header.
 * @throws AccessDeniedError `unauthorized` if it has none
 */
export function bearer(authorization = ''): string {
  const [, token] = /^bearer +([^\s]+)$/i.exec(authorization) ?? [];
  if (token === undefined) throw new AccessDeniedError('unauthorized', 'the header Authorization must be Bearer, a space and a token');
  return token;
}

function cookieValue(header = ''): string | undefined {
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === SESSION_COOKIE) return pair.slice(at + 1).trim();
  }
  return undefined;
}
