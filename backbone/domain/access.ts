import { isChannelPattern, matchesChannel } from '../../packages/protocol/channel-pattern.ts';
import { quote } from '../../packages/protocol/invalid-input.ts';
import { ownPatterns } from './own-channels.ts';

/** What a token can allow on a channel. */
export type Action = 'subscribe' | 'publish';

/**
 * Channels by action, as in the claim `lanes` of a token: names, or prefixes of names that end in `*`. The token's
 * subject has taken the place of `${sub}`.
 */
export interface Rights {
  readonly subscribe: readonly string[];
  readonly publish: readonly string[];
}

/** What a valid token says. */
export interface Access {
  /** Who the client is: the token's subject. */
  readonly principal: string;
  readonly rights: Rights;
  /** The token's `exp`: nothing is allowed from then on. Infinity if the access does not end. */
  readonly expiresAtMs: number;
}

/**
 * `unauthorized`: there is no token, or it is not valid; `token_expired`: it was valid until its `exp`;
 * `forbidden`: it is valid, but does not allow this.
 */
export type AccessDeniedCode = 'unauthorized' | 'token_expired' | 'forbidden';

/**
 * A request that its token does not allow. The message may be shown to the client and never contains a token.
 */
export class AccessDeniedError extends Error {
  override readonly name = 'AccessDeniedError';
  readonly code: AccessDeniedCode;
  /** The channel that is not allowed. */
  readonly channel: string | undefined;

  constructor(code: AccessDeniedCode, message: string, { channel, ...options }: ErrorOptions & { readonly channel?: string } = {}) {
    super(message, options);
    this.code = code;
    this.channel = channel;
  }
}

/** A token cannot be checked because its issuer's keys are unavailable. The request may be sent again. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
  /**
   * True if nothing is wrong on our side: anybody can cause this with a made-up key id, so it must not reach
   * the log or an alarm.
   */
  readonly isExpected: boolean;

  constructor(message: string, { isExpected = false, ...options }: ErrorOptions & { readonly isExpected?: boolean } = {}) {
    super(message, options);
    this.isExpected = isExpected;
  }
}

/**
 * Maximum length of both lists together as JSON, with the subject filled in: a lane may keep them in a row per
 * connection, which must stay below 4 KB.
 */
export const MAX_RIGHTS_LENGTH = 1_024;

/** OpenID Connect limits a subject to this length. */
const MAX_PRINCIPAL_LENGTH = 255;

const NOTHING: readonly string[] = [];

/**
 * Reads the claims of a token whose signature, issuer, audience and times have been checked. A token without
 * the claim `lanes` is valid and allows nothing.
 * @throws AccessDeniedError `unauthorized`
 */
export function parseAccess(claims: Readonly<Record<string, unknown>>): Access {
  const { sub, exp, lanes = {} } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_PRINCIPAL_LENGTH) {
    throw new AccessDeniedError('unauthorized', `the token's sub must be text of 1 to ${MAX_PRINCIPAL_LENGTH} characters`);
  }
  if (typeof exp !== 'number' || !Number.isFinite(exp)) {
    throw new AccessDeniedError('unauthorized', "the token's exp is missing: tokens must expire");
  }
  // Whole seconds, so that streams whose tokens expire in the same second are ended by one timer.
  return { principal: sub, rights: parseRights(lanes, sub), expiresAtMs: Math.floor(exp) * 1_000 };
}

function parseRights(claim: unknown, subject: string): Rights {
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) {
    throw new AccessDeniedError('unauthorized', `the token's claim lanes is ${quote(claim)}, but must be {"subscribe": [], "publish": []}`);
  }
  const { subscribe, publish } = claim as Readonly<Record<string, unknown>>;
  const rights = { subscribe: parsePatterns('subscribe', subscribe, subject), publish: parsePatterns('publish', publish, subject) };
  const { length } = JSON.stringify(rights);
  if (length > MAX_RIGHTS_LENGTH) {
    throw new AccessDeniedError(
      'unauthorized',
      `the token's claim lanes has ${length} characters as JSON, but at most ${MAX_RIGHTS_LENGTH} are allowed: use patterns that end in *`,
    );
  }
  return rights;
}

function parsePatterns(action: Action, value: unknown, subject: string): readonly string[] {
  if (value === undefined) return NOTHING;
  if (!Array.isArray(value)) throw new AccessDeniedError('unauthorized', `the token's claim lanes.${action} must be a list`);
  return value.flatMap((pattern: unknown) => {
    const patterns = typeof pattern === 'string' ? toPatterns(pattern, subject) : undefined;
    if (patterns !== undefined) return patterns;
    throw new AccessDeniedError(
      'unauthorized',
      `the token's claim lanes.${action} contains ${quote(pattern)}, which must be a channel, or a prefix of one followed by *; \${sub} stands for a whole segment only, as in user.\${sub}.*`,
    );
  });
}

function toPatterns(text: string, subject: string): readonly string[] | undefined {
  return isChannelPattern(text) ? [text] : ownPatterns(text, subject);
}

/** Whether the rights allow the action on the channel. */
export function allows(rights: Rights, action: Action, channel: string): boolean {
  return rights[action].some((pattern) => matchesChannel(pattern, channel));
}

const VERBS: Readonly<Record<Action, string>> = { subscribe: 'subscribe to', publish: 'publish to' };

/** @throws AccessDeniedError `forbidden`, naming the first channel that is not allowed */
export function requireRight({ rights }: { readonly rights: Rights }, action: Action, channels: readonly string[]): void {
  const refused = channels.find((channel) => !allows(rights, action, channel));
  if (refused === undefined) return;
  throw new AccessDeniedError('forbidden', `the token does not allow you to ${VERBS[action]} channel ${quote(refused)}`, {
    channel: refused,
  });
}

/** @throws AccessDeniedError `token_expired` */
export function requireUnexpired({ expiresAtMs }: { readonly expiresAtMs: number }, nowMs: number): void {
  if (nowMs >= expiresAtMs) throw tokenExpired(expiresAtMs);
}

export function tokenExpired(expiresAtMs: number, options?: ErrorOptions): AccessDeniedError {
  return new AccessDeniedError('token_expired', `the token expired at ${new Date(expiresAtMs).toISOString()}`, options);
}
