import type { LocalRun } from '../../../packages/assembly-local/run.ts';
import type { Random } from './random.ts';
import type { Tally } from './tally.ts';

/** Asks the issuer for a token. */
export type NewToken = () => string;

/** Every second client has tokens so short that several end in mid-stream; the others' outlive the run. */
const SHORT_SECONDS = { min: 6, max: 20 };
const SHORT_SHARE = 0.5;

/**
 * Where a client gets its tokens, each under its own name. What it may do is everything: who may what is for other tests; here
 * tokens end while faults happen.
 */
export function tokensOf(run: LocalRun, subject: string, random: Random, tally: Tally): NewToken {
  const isShort = random.chance(SHORT_SHARE);
  if (isShort) tally.add('token.short');
  let issued = 0;
  return () => {
    if (issued++ > 0) tally.add('token.renewed');
    if (!isShort) return run.issuer.issue({ subject });
    return run.issuer.issue({ subject, expiresInSeconds: Math.round(random.between(SHORT_SECONDS.min, SHORT_SECONDS.max)) });
  };
}

/** A token that is kept until it is refused. */
export class HeldToken {
  readonly #newToken: NewToken;
  #token: string | undefined;

  constructor(newToken: NewToken) {
    this.#newToken = newToken;
  }

  get authorization(): string {
    this.#token ??= this.#newToken();
    return `Bearer ${this.#token}`;
  }

  refuse(): void {
    this.#token = undefined;
  }
}
