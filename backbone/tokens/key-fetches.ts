import { FetchError, WaitPeriodNotYetEndedJwkError } from 'aws-jwt-verify/error';
import type { Fetcher } from 'aws-jwt-verify/https';
import type { PenaltyBox } from 'aws-jwt-verify/jwk';

/** The keys come from no farther than the other side of the Region, and a connecting client waits for them. */
const FETCH_TIMEOUT_MS = 3_000;

/** A key set has a few kilobytes. A server that sends more than this is not a key server. */
const MAX_JWKS_BYTES = 256 * 1024;

/**
 * The minimum time between the starts of two fetches: however many tokens arrive, the issuer is not asked
 * more often.
 */
const MIN_INTERVAL_MS = 2_000;

/** How long a key id that the issuer did not have is not looked up again. Other ids are. */
const MISSING_MS = 10_000;

/**
 * How many missing key ids are remembered, 256 KB at most. The oldest is forgotten first, and ids that are
 * too long are not remembered.
 */
const MAX_MISSING = 1_000;
const MAX_KID_LENGTH = 256;

/**
 * Fetches an issuer's keys, and decides when that is allowed. Anybody can make up key ids, so the cost of
 * unknown ones is bounded: one fetch every 2 s in total, and one every 10 s for the same id. Requests that
 * arrive during a fetch share it.
 */
export class KeyFetches implements Fetcher, PenaltyBox {
  readonly #nowMs: () => number;
  readonly #missingUntilMs = new Map<string, number>();
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #underWay = false;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** @throws FetchError */
  async fetch(uri: string): Promise<ArrayBuffer> {
    this.#startedAtMs = this.#nowMs();
    this.#underWay = true;
    try {
      return await fetchKeys(uri);
    } finally {
      this.#underWay = false;
    }
  }

  /** @throws WaitPeriodNotYetEndedJwkError if the key id may not be looked up yet */
  async wait(_uri: string, kid: string): Promise<void> {
    const nowMs = this.#nowMs();
    const isMissing = nowMs < (this.#missingUntilMs.get(kid) ?? 0);
    const isTooSoon = !this.#underWay && nowMs < this.#startedAtMs + MIN_INTERVAL_MS;
    if (isMissing || isTooSoon) throw new WaitPeriodNotYetEndedJwkError('the keys were fetched a moment ago');
  }

  registerFailedAttempt(_uri: string, kid: string): void {
    if (kid.length > MAX_KID_LENGTH) return;
    this.#missingUntilMs.delete(kid);
    this.#missingUntilMs.set(kid, this.#nowMs() + MISSING_MS);
    const [oldest] = this.#missingUntilMs.keys();
    if (this.#missingUntilMs.size > MAX_MISSING && oldest !== undefined) this.#missingUntilMs.delete(oldest);
  }

  registerSuccessfulAttempt(): void {
    // A key that was found is cached and never looked up again.
  }
}

async function fetchKeys(uri: string): Promise<ArrayBuffer> {
  try {
    const response = await fetch(uri, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const body = await response.arrayBuffer();
    if (body.byteLength > MAX_JWKS_BYTES) throw new Error(`it sent ${body.byteLength} bytes`);
    return body;
  } catch (cause) {
    throw new FetchError(uri, cause);
  }
}
