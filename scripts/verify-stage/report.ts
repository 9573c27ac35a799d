import type { DeployedStack } from './deployed-stage.ts';
import type { Outcome } from './scenario/step.ts';

export interface Verification {
  readonly stage: string;
  readonly at: Date;
  /** `AWS`, or the emulator's URL. */
  readonly against: string;
  /** The commit of the templates, as git describes it. */
  readonly commit: string;
  readonly stacks: readonly DeployedStack[];
  /** Where clients and backends were, by what they are. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly outcomes: readonly Outcome[];
}

/** The first line of every report. */
const TITLE = '# Verification of stage ';

/** Whether a text is a report, which may be replaced. */
export const isReport = (text: string): boolean => text.startsWith(TITLE);

/** What no run against a deployment that is in use can show. */
const NEVER_EXERCISED = [
  'ends of tokens, which take an hour there; draining, lost tasks and dead letters, which would disturb others: the tests of the template do this',
  'load, and whatever a deploy does to open connections',
];

/** Markdown to attach to an issue. The caller redacts it. */
export function renderReport({ stage, at, against, commit, stacks, addresses, outcomes }: Verification): string {
  const count = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length;
  const skipped = outcomes.flatMap((outcome) => (outcome.kind === 'not exercised' ? [`${outcome.name}: ${outcome.reason}`] : []));
  return [
    `${TITLE}\`${stage}\``,
    '',
    `**${count('ok')} ok, ${count('failed')} failed, ${count('not exercised')} not exercised**`,
    '',
    ...table(
      ['', ''],
      [['at', at.toISOString()], ['against', against], ['template', commit], ['Node', process.version], ...Object.entries(addresses)],
    ),
    '',
    ...table(
      ['stack', 'Region', 'status', 'deployed'],
      stacks.map(({ name, region, status, changedAt }) => [name, region, status, changedAt?.toISOString() ?? '']),
    ),
    '',
    '## Exercised',
    '',
    ...table(
      ['result', 'what', 'seen', 's'],
      outcomes.flatMap((outcome) =>
        outcome.kind === 'not exercised' ? [] : [[outcome.kind, outcome.name, seenIn(outcome), outcome.seconds.toFixed(1)]],
      ),
    ),
    '',
    '## Not exercised',
    '',
    ...[...skipped, ...NEVER_EXERCISED].map((text) => `- ${text}`),
    '',
  ].join('\n');
}

const seenIn = (outcome: Exclude<Outcome, { readonly kind: 'not exercised' }>): string =>
  outcome.kind === 'ok' ? outcome.seen : outcome.error.message;

function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
}
