import type { Table } from '../report/section.ts';
import type { CellResult } from './cell.ts';
import { quantile } from './crowd.ts';
import { PATIENCE_MS } from './victim.ts';

/** What issue 11 allows beside offenders. */
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
  'readyz p50',
  'p99',
  'max ms',
  'resume p50',
  'p99 alone',
  'p50',
  'p99 beside',
  'ratio',
  'live p99 ratio',
  'lost',
  'unserved',
  'broken',
] as const satisfies Table['columns'];

/** Limits that the cell breaks, in words; none where all is well. */
export function brokenLimits({ calm, noisy, memory, violation }: CellResult, memoryBytes: number): readonly string[] {
  if (memory.died) return ['the task died'];
  const broken: string[] = [];
  if (memory.countedBytes > LIMITS.memoryShare * memoryBytes) broken.push('memory');
  if (!(quantile(noisy.readyMs, 0.99) < LIMITS.readyP99Ms)) broken.push('readyz');
  if (!(resumeRatio({ calm, noisy }) <= LIMITS.resumeRatio)) broken.push('resume');
  if (lostOf({ calm, noisy }) > 0) broken.push('lost');
  if (violation !== undefined) broken.push(violation);
  return broken;
}

export function cellRow(name: string, users: number, result: CellResult, memoryBytes: number): readonly string[] {
  const { calm, noisy, memory } = result;
  const ms = (sorted: readonly number[], share: number) => milliseconds(quantile(sorted, share));
  return [
    name,
    String(users),
    memory.died ? 'died' : String(Math.round(memory.countedBytes / 1024 / 1024)),
    `${Math.round((memory.countedBytes / memoryBytes) * 100)} %`,
    ms(noisy.readyMs, 0.5),
    ms(noisy.readyMs, 0.99),
    ms(noisy.readyMs, 1),
    ms(calm.resumes.latenciesMs, 0.5),
    ms(calm.resumes.latenciesMs, 0.99),
    ms(noisy.resumes.latenciesMs, 0.5),
    ms(noisy.resumes.latenciesMs, 0.99),
    ratio(resumeRatio(result)),
    ratio(quantile(noisy.live.latenciesMs, 0.99) / quantile(calm.live.latenciesMs, 0.99)),
    String(lostOf(result)),
    String(noisy.resumes.unserved),
    brokenLimits(result, memoryBytes).join(', ') || '-',
  ];
}

function resumeRatio({ calm, noisy }: Pick<CellResult, 'calm' | 'noisy'>): number {
  return quantile(noisy.resumes.latenciesMs, 0.99) / quantile(calm.resumes.latenciesMs, 0.99);
}

function lostOf({ calm, noisy }: Pick<CellResult, 'calm' | 'noisy'>): number {
  return [calm, noisy].reduce((sum, { live, resumes }) => sum + live.wrong + resumes.wrong, 0);
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
