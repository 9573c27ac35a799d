/**
 * One partition of an index accepts at most 1,000 writes a second (DynamoDB quotas, 2026-11). All tokens of
 * an issuer last equally long, so connections that open within the same minute also expire within one. Four
 * partitions per minute accept 4,000 new connections a second.
 */
const SHARDS = 4;

/** The partition of the expiry index for a row that expires at this time, in seconds since 1970. */
export function expiryBucket(expiresAt: number, connectionId: string): string {
  let sum = 0;
  for (let at = 0; at < connectionId.length; at++) sum += connectionId.charCodeAt(at);
  return `${Math.floor(expiresAt / 60)}.${sum % SHARDS}`;
}

/** All partitions with rows that expire between the two times, in seconds since 1970. */
export function expiryBuckets(from: number, to: number): readonly string[] {
  const buckets: string[] = [];
  for (let minute = Math.floor(from / 60); minute <= Math.floor(to / 60); minute++) {
    for (let shard = 0; shard < SHARDS; shard++) buckets.push(`${minute}.${shard}`);
  }
  return buckets;
}
