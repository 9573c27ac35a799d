/**
 * Whose an idempotency key is: the same key in two scopes is two keys. A scope is text of any length and content; it is compared
 * and never parsed ([ADR 29](../../docs/decisions/0029-keys-belong-to-their-principal.md)).
 */
export type KeyScope = string;

/** Everybody who publishes with a token, by `sub`: the same on every lane, so that a client may try again on another. */
export function scopeOfPrincipal(principal: string): KeyScope {
  return `user ${principal}`;
}

/** All who invoke the publish function: Lambda does not tell a function which role has called it. */
export const INVOCATIONS: KeyScope = 'invocations';

/** The senders of one account and source: an event tells no more of who has put it on the bus. */
export function scopeOfEvents(account: string, source: string): KeyScope {
  return `events ${account} ${source}`;
}
