/**
 * Inside a Region a connection opens within milliseconds. One that takes longer than this is dead, and a new
 * one is faster.
 */
const CONNECTION_TIMEOUT_MS = 1_000;

/** Without `throwOnRequestTimeout`, `requestTimeout` only logs a warning. */
export const requestHandler = (requestTimeoutMs: number, maxSockets: number) => ({
  connectionTimeout: CONNECTION_TIMEOUT_MS,
  requestTimeout: requestTimeoutMs,
  throwOnRequestTimeout: true,
  httpAgent: { maxSockets },
  httpsAgent: { maxSockets },
});
