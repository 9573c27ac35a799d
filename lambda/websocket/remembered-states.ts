import type { Clock, LatestStore } from '../../backbone/ports.ts';
import { inParallel } from '../../backbone/services/in-parallel.ts';
import { stateOf } from './domain/latest-state.ts';

/** Reading the state of a channel reads all of it, and every client of the channel pings: see ADR 54. */
const REMEMBERED_MS = 3_000;

/** A state takes some 200 bytes with the name of its channel. */
const MAX_REMEMBERED = 1_000;

const READS_AT_ONCE = 10;

/** The states of `latest` channels, read once for all pings of a few seconds that reach this function instance. */
export interface RememberedStates {
  /** Those of the channels that would have to be read. */
  unknown(channels: readonly string[]): readonly string[];
  /** Eventually consistent, and up to {@link REMEMBERED_MS} old. */
  of(channels: readonly string[]): Promise<Readonly<Record<string, string>>>;
}

export function rememberStates({ latest, clock }: { readonly latest: Pick<LatestStore, 'read'>; readonly clock: Clock }): RememberedStates {
  const remembered = new Map<string, { readonly state: string; readonly untilMs: number }>();

  const known = (channel: string): string | undefined => {
    const entry = remembered.get(channel);
    return entry !== undefined && clock.nowMs() < entry.untilMs ? entry.state : undefined;
  };
  const read = async (channel: string): Promise<string> => {
    const untilMs = clock.nowMs() + REMEMBERED_MS;
    const { state } = stateOf(await latest.read(channel, 'eventual'));
    remembered.delete(channel);
    remembered.set(channel, { state, untilMs });
    const [oldest] = remembered.keys();
    if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    return state;
  };
  return {
    unknown: (channels) => channels.filter((channel) => known(channel) === undefined),
    async of(channels) {
      return Object.fromEntries(
        await inParallel(channels, READS_AT_ONCE, async (channel) => [channel, known(channel) ?? (await read(channel))] as const),
      );
    },
  };
}
