import { LanesError, toLanesError } from './errors.ts';
import type { Tunables } from './options.ts';
import type { Guard } from './wait.ts';

/** What a header can carry after `Bearer `. */
const TOKEN = /^[\x21-\x7e]+$/;

const UNAVAILABLE = 'token_unavailable';

/** A token, or what provides one. */
export type TokenOption = string | (() => string | Promise<string>) | undefined;

/** The token in use, shared by everything that one connection opens. */
export interface TokenSource {
  /**
   * Undefined if the application provided none.
   * @param watch told to expect the token function's answer
   * @throws LanesError `token_unavailable`, which is retried; `invalid_token`; the reason of `watch`
   */
  get(watch: Guard): Promise<string | undefined>;
  /** The server has refused this token. Returns whether the application can provide another. */
  refuse(refused: string | undefined): boolean;
}

export function createTokenSource(token: TokenOption, { answerTimeoutMs }: Tunables): TokenSource {
  let current: string | undefined;
  let asking: Promise<string> | undefined;
  const ask = async (give: () => string | Promise<string>) => {
    try {
      // Awaited first, so that a function that throws at once is asked again too.
      await undefined;
      current = await give();
      return current;
    } catch (cause) {
      throw new LanesError(UNAVAILABLE, `the token function failed: ${toLanesError(cause).message}`, { cause });
    } finally {
      asking = undefined;
    }
  };
  return {
    async get(watch) {
      let bearer = typeof token === 'function' ? current : token;
      if (bearer === undefined && typeof token === 'function') {
        watch.expect(answerTimeoutMs, UNAVAILABLE, 'the token function did not answer');
        asking ??= ask(token);
        try {
          bearer = await watch.race(asking);
        } finally {
          // Asked again, in case this answer never comes. If it does come, it counts.
          if (watch.signal.reason?.code === UNAVAILABLE) asking = undefined;
        }
      }
      if (bearer && !TOKEN.test(bearer)) throw invalidToken();
      return bearer || undefined;
    },
    refuse(refused) {
      // A second caller with the same refused token finds it already replaced.
      if ((current || undefined) === refused) current = undefined;
      return typeof token === 'function';
    },
  };
}

/** The message does not show the token, which may be logged. */
export function invalidToken(cause?: unknown): LanesError {
  return new LanesError('invalid_token', 'the token has characters that cannot be sent', { final: true, cause });
}
