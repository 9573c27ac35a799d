import type { Table } from '../../shared/report/section.ts';
import { formatTable } from '../../shared/report/text.ts';
import type { CellResult } from './cell.ts';
import { quantile } from './crowd.ts';
import { PATIENCE_MS, type Resumes } from './victim.ts';

/** What offenders may cost the others. */
export const LIMITS = {
  /** Of the task's size. */
  memoryShare: 0.75,
  readyP99Ms: 250,
  /** Of the p99 without offenders. */
  resumeRatio: 1.5,
} as const;

export const COLUMNS = [
  'offender',
  'users',
  'memory MB',
  'of task',
  'readyz rush',
  'p50',
  'p99',
  'max ms',
  'resume p50',
  'p99 alone',
  'rush',
  'p50',
  'p99 beside',
  'ratio',
  'live p99 ratio',
  'lost',
  'unserved',
  'broken',
] as const satisfies Table['columns'];

/** One line of the result. */
export interface Verdict {
  readonly cells: readonly string[];
  /** Limits that are broken, in words; none where all is well. */
  readonly broken: readonly string[];
}

/** Of an offender against a task. */
export function judgeCell(name: string, users: number, result: CellResult, memoryBytes: number): Verdict {
  const { calm, rush, noisy, memory } = result;
  const broken = brokenLimits(result, memoryBytes);
  const lost = [calm, rush, noisy].reduce((sum, { live, resumes }) => sum + live.wrong + resumes.wrong, 0);
  const cells = [
    name,
    String(users),
    memory.died ? 'died' : String(Math.round(memory.countedBytes / 1024 / 1024)),
    `${Math.round((memory.countedBytes / memoryBytes) * 100)} %`,
    milliseconds(quantile(rush.readyMs, 1)),
    ...[0.5, 0.99, 1].map((share) => milliseconds(quantile(noisy.readyMs, share))),
    ...resumeCells(calm.resumes, rush.resumes, noisy.resumes),
    ratio(quantile(noisy.live.latenciesMs, 0.99) / quantile(calm.live.latenciesMs, 0.99)),
    String(lost),
    String(rush.resumes.unserved + noisy.resumes.unserved),
    broken.join(', ') || '-',
  ];
  return { cells, broken };
}

/** Limits that a cell breaks. */
export function brokenLimits({ calm, rush, noisy, memory, violation }: CellResult, memoryBytes: number): readonly string[] {
  if (memory.died) return ['the task died'];
  return [
    ...(memory.countedBytes > LIMITS.memoryShare * memoryBytes ? ['memory'] : []),
    ...(quantile(noisy.readyMs, 0.99) < LIMITS.readyP99Ms ? [] : ['readyz']),
    ...brokenResumes(calm.resumes, noisy.resumes),
    ...(rush.resumes.wrong > 0 ? ['replays lost in the rush'] : []),
    ...(calm.live.wrong + rush.live.wrong + noisy.live.wrong > 0 ? ['live events lost'] : []),
    ...(violation === undefined ? [] : [violation]),
  ];
}

/** Limits that the resumes of normal clients break, in words. */
export function brokenResumes(calm: Resumes, noisy: Resumes): readonly string[] {
  return [...(resumeRatio(calm, noisy) <= LIMITS.resumeRatio ? [] : ['resume']), ...(calm.wrong + noisy.wrong > 0 ? ['replays lost'] : [])];
}

/** Quantiles of their times, alone and beside offenders, and the ratio of the two p99. */
export function resumeCells(calm: Resumes, rush: Resumes | undefined, noisy: Resumes): readonly string[] {
  const times = ({ latenciesMs }: Resumes) => [0.5, 0.99].map((share) => milliseconds(quantile(latenciesMs, share)));
  const worst = rush === undefined ? '' : milliseconds(quantile(rush.latenciesMs, 1));
  return [...times(calm), worst, ...times(noisy), ratio(resumeRatio(calm, noisy))];
}

function resumeRatio(calm: Resumes, noisy: Resumes): number {
  return quantile(noisy.latenciesMs, 0.99) / quantile(calm.latenciesMs, 0.99);
}

/** All lines as a table, and how many limits are broken. */
export function summarize(columns: Table['columns'], verdicts: readonly Verdict[]): string {
  const broken = verdicts.filter((verdict) => verdict.broken.length > 0);
  const table = formatTable({ columns, rows: verdicts.map(({ cells }) => cells) });
  const judgement = broken.length === 0 ? 'All limits are kept.' : `Limits are broken in ${broken.length} of ${verdicts.length} lines.`;
  return `\n${table}\n\n${judgement}`;
}

function milliseconds(value: number): string {
  if (Number.isNaN(value)) return 'none';
  if (!Number.isFinite(value)) return `>${PATIENCE_MS}`;
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

function ratio(value: number): string {
  if (Number.isNaN(value)) return 'none';
  return Number.isFinite(value) ? value.toFixed(2) : 'endless';
}
