/** What every bench of this folder answers, and what the report is made of. */

/** A table. Cells are text: whoever measured knows how many digits mean something. */
export interface Table {
  readonly caption: string;
  /** The first column names the row. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Plot {
  readonly title: string;
  /** With the unit. */
  readonly xLabel: string;
  readonly yLabel: string;
  /** @default linear */
  readonly xScale?: 'linear' | 'log';
  readonly yScale?: 'linear' | 'log';
  readonly series: readonly Series[];
}

/** One number that an issue asks for, beside what was measured. */
export interface Goal {
  /** For example `lone events, 10,000 streams: messages/s against nchan`. */
  readonly text: string;
  readonly bound: 'at least' | 'at most';
  readonly target: number;
  /** Undefined where it was not measured. */
  readonly measured: number | undefined;
  /** Of target and measured value. @default a ratio, shown as `1.2 x` */
  readonly unit?: string;
  /** Why it was not measured, or what the profile shows. */
  readonly note?: string;
}

export interface Section {
  readonly title: string;
  /** Method, conditions and what was skipped, a paragraph each. */
  readonly prose: readonly string[];
  readonly goals: readonly Goal[];
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
}

export interface PartOptions {
  /** Shorter, for a look that takes about a minute in all. */
  readonly quick: boolean;
  /** Interleaved repetitions; medians are reported. */
  readonly rounds: number;
  /** Aborts on Ctrl-C: end what was started and answer with what was measured so far. */
  readonly signal: AbortSignal;
  /** Takes a short line for the progress display. */
  readonly progress: (text: string) => void;
}

/** A bench that has a section in the report. It ends every process that it started. */
export type Part = (options: PartOptions) => Promise<Section>;

/** Undefined where nothing was measured. */
export function isReached({ bound, target, measured }: Goal): boolean | undefined {
  if (measured === undefined) return undefined;
  return bound === 'at least' ? measured >= target : measured <= target;
}
