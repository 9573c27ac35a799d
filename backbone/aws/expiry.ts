/**
 * The TTL attribute of an item that expires at `atMs`: seconds since 1970, rounded up so that nothing expires
 * too early.
 */
export function expirySeconds(atMs: number): number {
  return Math.ceil(atMs / 1000);
}

/** Needed because DynamoDB deletes an item up to two days after it has expired. */
export function isExpired(item: { readonly expiresAt: number }, nowMs: number): boolean {
  return item.expiresAt * 1000 <= nowMs;
}
