import type { LatestResponse } from '../../../../packages/protocol/index.ts';
import { compareVersions, parseVersion, type Version } from '../../../../packages/protocol/version.ts';
import { repeatedly } from '../pause.ts';
import type { Random } from '../random.ts';
import { HeldToken, type NewToken } from '../tokens.ts';

export interface WriterOptions {
  readonly name: string;
  readonly url: string;
  readonly channels: readonly string[];
  readonly random: Random;
  readonly newToken: NewToken;
  readonly ledger: LatestLedger;
}

/** Of each channel. Fewer than there are writers, so that they write the same ones. */
const KEYS = ['a', 'b', 'c', 'd', 'e'];

const MEAN_WAIT_MS = 250;
const REMOVED_SHARE = 0.1;
const ANSWER_TIMEOUT_MS = 6_000;

/** What was written, and the newest version of each key that was acknowledged. */
export class LatestLedger {
  readonly published = new Set<string>();
  acknowledged = 0;
  readonly #newest = new Map<string, Version>();

  acknowledge(channel: string, key: string, version: Version): void {
    const before = this.newest(channel, key);
    this.acknowledged += 1;
    if (before === undefined || compareVersions(version, before) > 0) this.#newest.set(`${channel} ${key}`, version);
  }

  newest(channel: string, key: string): Version | undefined {
    return this.#newest.get(`${channel} ${key}`);
  }
}

/** Writes now this key and now that one until its signal aborts, and sometimes removes one. What fails is not tried again: the next value follows. */
export function writeLatest({ name, url, channels, random, newToken, ledger }: WriterOptions, signal: AbortSignal): Promise<void> {
  const token = new HeldToken(newToken);
  let count = 0;
  return repeatedly(
    () => random.waitMs(MEAN_WAIT_MS),
    signal,
    async () => {
      const [channel = '', key = ''] = [random.pick(channels), random.pick(KEYS)];
      const data = `${name} ${++count}`;
      const isRemoval = random.chance(REMOVED_SHARE);
      if (!isRemoval) ledger.published.add(data);
      const response = await fetch(`${url}/v1/channels/${channel}/events`, {
        method: 'POST',
        headers: { authorization: token.authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ conflationKey: key, ...(isRemoval ? { removed: true } : { data }) }),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      }).catch(() => undefined);
      if (response?.status === 401) token.refuse();
      if (response?.status !== 201) return;
      const answer = (await response.json().catch(() => undefined)) as LatestResponse | undefined;
      if (answer !== undefined) ledger.acknowledge(channel, key, parseVersion(answer.version));
    },
  );
}
