import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';

/** The suites, by the name that follows `test:` in package.json. */
export const SUITES = ['unit', 'e2e'] as const;
export type Suite = (typeof SUITES)[number];

/** How much machine a round gets: all of it, one core, or what two busy loops leave. */
export const MODES = ['unpinned', 'pinned', 'busy'] as const;
export type Mode = (typeof MODES)[number];

const failure = v.object({
  /** Relative to the root of the repository; empty where the run failed and no test did. */
  file: v.string(),
  /** With the names of the blocks around it. */
  test: v.string(),
  /** The first line of its message. */
  message: v.string(),
});

/** A test that failed in a round. */
export type Failure = v.InferOutput<typeof failure>;

const round = v.object({
  suite: v.picklist(SUITES),
  mode: v.picklist(MODES),
  /** Of the order of the tests in each file. */
  seed: v.number(),
  /** Short; ends in `+` where the tree had changes that were not committed. */
  commit: v.string(),
  /** ISO 8601. */
  finishedAt: v.string(),
  durationMs: v.number(),
  /** How many tests ran. */
  tests: v.number(),
  failures: v.array(failure),
  /** What the tests printed, kept where there is something to look for. Relative to the root. */
  log: v.optional(v.string()),
});

/** A suite that has run to its end once. */
export type Round = v.InferOutput<typeof round>;

/** The rounds of earlier runs, oldest first. @throws ValiError for a file that somebody else has written */
export function readRounds(path: string): readonly Round[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => v.parse(round, JSON.parse(line)));
}

/** Each round is a line of its own, so that a run that is killed loses nothing but the round under way. */
export function keepRound(path: string, finished: Round): void {
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${JSON.stringify(finished)}\n`);
}
