import { LanesError } from './errors.ts';
import type { ConnectOptions } from './types.ts';

/** The token in use, shared by everything that one connection opens. */
export interface TokenSource {
  /** Undefined if the application provided none. @throws LanesError `token_unavailable`, which is retried */
  get(): Promise<string | undefined>;
  /** The server has refused this token. Returns whether the application can provide another. */
  refuse(refused: string | undefined): boolean;
}

export function createTokenSource(token: ConnectOptions['token']): TokenSource {
  let current: string | undefined;
  let asking: Promise<string> | undefined;
  const ask = async (give: () => string | Promise<string>) => {
    try {
      current = await give();
      return current;
    } catch (cause) {
      throw new LanesError('token_unavailable', 'the token function failed', { cause });
    } finally {
      asking = undefined;
    }
  };
  return {
    async get() {
      if (typeof token !== 'function') return token || undefined;
      if (current === undefined && asking === undefined) asking = ask(token);
      return (current ?? (await asking)) || undefined;
    },
    refuse(refused) {
      // A second caller with the same refused token finds it already replaced.
      if (current === refused) current = undefined;
      return typeof token === 'function';
    },
  };
}
