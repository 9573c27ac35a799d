/** A call inside a Region is answered within milliseconds. Longer than this, the socket is dead and a new one is faster. */
const CONNECTION_TIMEOUT_MS = 1_000;

/** `requestTimeout` only warns unless it is told to throw. */
export const requestHandler = (requestTimeoutMs: number, maxSockets: number) => ({
  connectionTimeout: CONNECTION_TIMEOUT_MS,
  requestTimeout: requestTimeoutMs,
  throwOnRequestTimeout: true,
  httpAgent: { maxSockets },
  httpsAgent: { maxSockets },
});
