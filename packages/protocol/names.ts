/** What may name something: the rules, and what to say when they are broken. */

export const NAME = /^[A-Za-z0-9_.:-]{1,128}$/;
export const NAME_RULE = 'use 1 to 128 of A-Z a-z 0-9 _ . : -';

/** Goes into a header, so nothing that a header cannot carry. */
export const KEY = /^[\x21-\x7e]{1,128}$/;
export const KEY_RULE = 'use 1 to 128 visible ASCII characters';

/** Whether it can be a channel, apart from {@link isUrlStep}, or the type of an event. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

/**
 * No URL can carry `.` and `..` as a path segment: clients and proxies treat them as relative steps, even as `%2e`.
 */
export function isUrlStep(value: unknown): boolean {
  return value === '.' || value === '..';
}

/** Whether it can be an idempotency key. */
export function isKey(value: unknown): value is string {
  return typeof value === 'string' && KEY.test(value);
}
