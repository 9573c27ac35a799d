import type { Mode, Round, Suite } from './rounds.ts';

/** What a round runs, and how. */
export interface Turn {
  readonly suite: Suite;
  readonly mode: Mode;
}

/**
 * The turn that has had the fewest rounds, so that a run which is stopped and continued leaves nothing out. Among equals, the
 * first: suites in the order given, each in every mode.
 */
export function nextTurn(rounds: readonly Round[], suites: readonly Suite[], modes: readonly Mode[]): Turn {
  const turns = suites.flatMap((suite) => modes.map((mode) => ({ suite, mode, had: roundsOf(rounds, { suite, mode }).length })));
  const [first, ...others] = turns;
  if (first === undefined) throw new RangeError('there is no suite or no mode to choose from');
  return others.reduce((least, turn) => (turn.had < least.had ? turn : least), first);
}

/** The rounds of a turn. */
export function roundsOf(rounds: readonly Round[], { suite, mode }: Turn): readonly Round[] {
  return rounds.filter((round) => round.suite === suite && round.mode === mode);
}
