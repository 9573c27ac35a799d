import { quote } from '../../packages/protocol/invalid-input.ts';

/** What a token can allow on a channel. */
export type Action = 'subscribe' | 'publish';

/** Channels by action, as the claim `lanes` of a token lists them: names, or the beginning of names and a `*`. */
export interface Rights {
  readonly subscribe: readonly string[];
  readonly publish: readonly string[];
}

/** What a valid token says. */
export interface Access {
  /** Who: the token's subject. */
  readonly principal: string;
  readonly rights: Rights;
  /** The token's `exp`: nothing may be done with it from then on. Infinity where there is no end. */
  readonly expiresAtMs: number;
}

/**
 * `unauthorized`: there is no token, or none that can be believed; `token_expired`: it was good until its `exp`; `forbidden`:
 * it is good, but does not allow this.
 */
export type AccessDeniedCode = 'unauthorized' | 'token_expired' | 'forbidden';

/** A request that its token does not allow. The message may be shown to the client, and never holds a token. */
export class AccessDeniedError extends Error {
  override readonly name = 'AccessDeniedError';
  readonly code: AccessDeniedCode;

  constructor(code: AccessDeniedCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Nobody can say whether a token is good: its issuer's keys cannot be had. The request may be sent again. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
  /** Nothing is wrong here: anybody can cause it with a key id that nobody knows, so it belongs into no log and no alarm. */
  readonly isExpected: boolean;

  constructor(message: string, { isExpected = false, ...options }: ErrorOptions & { readonly isExpected?: boolean } = {}) {
    super(message, options);
    this.isExpected = isExpected;
  }
}

const PATTERN = /^(?:[A-Za-z0-9_.:-]{1,128}|[A-Za-z0-9_.:-]{0,127}\*)$/;

/** Both lists together, as JSON: a lane may keep them in a row per connection, which is to stay below 4 KB. */
export const MAX_RIGHTS_LENGTH = 1_024;

/** OpenID Connect allows a subject no more. */
const MAX_PRINCIPAL_LENGTH = 255;

const NOTHING: readonly string[] = [];

/**
 * Reads the claims of a token whose signature, issuer, audience and times are right. A token without the claim `lanes` is a
 * good one that allows nothing.
 * @throws AccessDeniedError `unauthorized`
 */
export function parseAccess(claims: Readonly<Record<string, unknown>>): Access {
  const { sub, exp, lanes = {} } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_PRINCIPAL_LENGTH) {
    throw new AccessDeniedError('unauthorized', `the token's sub must be text of 1 to ${MAX_PRINCIPAL_LENGTH} characters`);
  }
  if (typeof exp !== 'number' || !Number.isFinite(exp)) {
    throw new AccessDeniedError('unauthorized', "the token's exp is missing: a token that never expires is not taken");
  }
  // Whole seconds: what ends streams wakes once for each time at which some of them end.
  return { principal: sub, rights: parseRights(lanes), expiresAtMs: Math.floor(exp) * 1_000 };
}

function parseRights(claim: unknown): Rights {
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) {
    throw new AccessDeniedError('unauthorized', `the token's claim lanes is ${quote(claim)}, but must be {"subscribe": [], "publish": []}`);
  }
  const { subscribe, publish } = claim as Readonly<Record<string, unknown>>;
  const rights = { subscribe: parsePatterns('subscribe', subscribe), publish: parsePatterns('publish', publish) };
  const { length } = JSON.stringify(rights);
  if (length > MAX_RIGHTS_LENGTH) {
    throw new AccessDeniedError(
      'unauthorized',
      `the token's claim lanes has ${length} characters as JSON, at most ${MAX_RIGHTS_LENGTH} are taken: use patterns that end in *`,
    );
  }
  return rights;
}

function parsePatterns(action: Action, value: unknown): readonly string[] {
  if (value === undefined) return NOTHING;
  if (!Array.isArray(value)) throw new AccessDeniedError('unauthorized', `the token's claim lanes.${action} must be a list`);
  return value.map((pattern: unknown) => {
    if (typeof pattern === 'string' && PATTERN.test(pattern)) return pattern;
    throw new AccessDeniedError(
      'unauthorized',
      `the token's claim lanes.${action} holds ${quote(pattern)}, which is no channel and no beginning of one with a * at its end`,
    );
  });
}

/** Whether the rights name the channel for the action. */
export function allows(rights: Rights, action: Action, channel: string): boolean {
  return rights[action].some((pattern) => (pattern.endsWith('*') ? channel.startsWith(pattern.slice(0, -1)) : channel === pattern));
}

const VERBS: Readonly<Record<Action, string>> = { subscribe: 'subscribe to', publish: 'publish to' };

/** @throws AccessDeniedError `forbidden`, naming the first channel that is not allowed */
export function requireRight({ rights }: { readonly rights: Rights }, action: Action, channels: readonly string[]): void {
  const refused = channels.find((channel) => !allows(rights, action, channel));
  if (refused === undefined) return;
  throw new AccessDeniedError('forbidden', `the token does not allow to ${VERBS[action]} channel ${quote(refused)}`);
}

/** @throws AccessDeniedError `token_expired` */
export function requireUnexpired({ expiresAtMs }: { readonly expiresAtMs: number }, nowMs: number): void {
  if (nowMs >= expiresAtMs) throw tokenExpired(expiresAtMs);
}

export function tokenExpired(expiresAtMs: number, options?: ErrorOptions): AccessDeniedError {
  return new AccessDeniedError('token_expired', `the token expired at ${new Date(expiresAtMs).toISOString()}`, options);
}
