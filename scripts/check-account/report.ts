import type { Finding } from './finding.ts';

const LABELS = { ok: 'ok', warning: 'warning', problem: 'PROBLEM', unchecked: 'not checked' } as const;

/** The longest label, and a gap. */
const WIDTH = 13;

/** One line per finding, with the commands that solve it below, and a summary. */
export function report(findings: readonly Finding[]): string {
  const count = (verdict: Finding['verdict']) => findings.filter((finding) => finding.verdict === verdict).length;
  const lines = findings.flatMap(({ verdict, text, fixes = [] }) => [
    `${LABELS[verdict].padEnd(WIDTH)}${text}`,
    ...fixes.map((fix) => `${' '.repeat(WIDTH)}-> ${fix}`),
  ]);
  const summary = [
    `${count('problem')} that would fail`,
    `${count('warning')} to look at`,
    `${count('unchecked')} not checked`,
    `${count('ok')} ok`,
  ];
  return [...lines, '', summary.join(', ')].join('\n');
}

/** Whether a deploy would fail, as far as anybody knows. */
export const wouldFail = (findings: readonly Finding[]): boolean => findings.some(({ verdict }) => verdict === 'problem');
