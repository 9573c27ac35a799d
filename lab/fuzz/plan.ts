/** How the time of a run is spent. */
export interface Plan {
  /** How long each entrance is tried, in seconds. */
  readonly secondsEach: number;
  /** Waves of unfinished requests that follow. */
  readonly waves: number;
}

/** The service closes a request that does not end after 30 s (fargate/sse/http/http-server.ts), and Node looks for those now and then. */
export const WAVE_SECONDS = 35;

/** The second wave shows whether the first has left something behind; the third, whether that grows. */
const MAX_WAVES = 3;

/** Waves take up to two thirds of the time, the entrances share the rest. A run that is too short for a wave goes without. */
export function planOf(seconds: number, entrances: number): Plan {
  const waves = Math.min(MAX_WAVES, Math.floor(((seconds * 2) / 3 + 1e-9) / WAVE_SECONDS));
  return { secondsEach: (seconds - waves * WAVE_SECONDS) / entrances, waves };
}

/** What a run says before it begins. */
export function describePlan({ secondsEach, waves }: Plan, entrances: number, connections: number): string {
  const inputs = `${entrances} entrances, ${secondsEach.toFixed(1)} s each`;
  const shortest = Math.ceil((WAVE_SECONDS * 3) / 2);
  return waves === 0
    ? `${inputs}; no unfinished requests: a wave takes up to ${WAVE_SECONDS} s, so they need --seconds ${shortest} or more`
    : `${inputs}; then ${waves} waves of ${connections} unfinished requests, up to ${WAVE_SECONDS} s each`;
}
