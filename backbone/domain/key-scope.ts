/**
 * Whose key it is: the same key in two scopes is two keys. A scope is text of any length and content; it is
 * compared and never parsed ([ADR 29](../../docs/decisions/0029-keys-belong-to-their-principal.md)).
 */
export type KeyScope = string;

/**
 * The scope of a client that publishes with a token, by its `sub`. It is the same on every lane, so a client
 * may retry on another lane.
 */
export function scopeOfPrincipal(principal: string): KeyScope {
  return `user ${principal}`;
}

/**
 * One scope for all invocations of the publish function: Lambda does not tell a function which role invoked
 * it.
 */
export const INVOCATIONS: KeyScope = 'invocations';

/** One scope per account and source: an EventBridge event says no more about its sender. */
export function scopeOfEvents(account: string, source: string): KeyScope {
  return `events ${account} ${source}`;
}

/** One scope per consumer, by a name of your choice: for what a consumer publishes because of an event. */
export function scopeOfConsumer(name: string): KeyScope {
  return `consumer ${name}`;
}
