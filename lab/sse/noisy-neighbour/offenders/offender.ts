import type { Heads } from '../../task/protocol.ts';
import type { TaskProcess } from '../../task/task-process.ts';
import type { Service } from '../publishing.ts';

/** What offenders are told. */
export interface Attack {
  readonly base: string;
  /** One for each hostile user. */
  readonly tokens: readonly string[];
  /** What {@link OffenderKind.prepare} has made. */
  readonly heads: Heads;
}

/** How often each thing happened: `200`, `429` and so on for answers, other words for what no status says. */
export type Outcomes = Readonly<Record<string, number>>;

/** Clients that a service has to survive, until they are stopped. */
export interface Offender {
  outcomes(): Outcomes;
  stop(): Promise<void>;
}

/** One way to misbehave. */
export interface OffenderKind {
  /** Number of the finding that it reproduces: the first column of the result. */
  readonly finding: string;
  /** In a few words. */
  readonly title: string;
  /** Makes the history that it needs, in the measuring process, before anything is measured. */
  prepare?(task: TaskProcess): Promise<Heads>;
  /** Begins, in the offenders' process. */
  start(attack: Attack): Offender;
  /** What others cause meanwhile, from the measuring process: it is part of the noise. Resolves when its first rush is over. */
  press?(task: TaskProcess, attack: Attack, signal: AbortSignal): Promise<void>;
  /** What besides the limits of all kinds must not be, once the offenders are gone; undefined where all is well. */
  check?(task: TaskProcess): Promise<string | undefined>;
}

/** Counts by name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  read(): Outcomes {
    return Object.fromEntries(this.#counts);
  }
}

/** The user whose turn it is. */
export function userOf({ base, tokens }: Attack, index: number): Service {
  return { base, token: tokens[index % tokens.length] ?? '' };
}

export function isOneUser({ tokens }: Attack): boolean {
  return tokens.length === 1;
}
