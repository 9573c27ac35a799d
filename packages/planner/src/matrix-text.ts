import { inMs, inWholeUsd } from './format.ts';
import { markdownTable } from './markdown.ts';
import { type Cell, FIELD, type Row } from './matrix.ts';
import type { Measured } from './measured.ts';
import { PRESETS } from './presets.ts';
import {
  NOT_IN_THE_CELLS,
  pollIntervalSeconds,
  TRANSPORT_NAMES,
  TRANSPORTS,
  USE_CASES,
  type UseCaseId,
  type Verdict,
  WHY_SIMPLER,
} from './thresholds.ts';

export type Matrix = Readonly<Record<UseCaseId, Row>>;

export const USE_CASE_IDS = Object.keys(USE_CASES) as readonly UseCaseId[];

const VERDICT_NAMES: Readonly<Record<Verdict, string>> = {
  'best-fit': '**best fit**',
  works: 'works',
  overkill: 'overkill',
  'not-suitable': 'not suitable',
  undecided: 'undecided',
  'not-measured': 'not measured',
};

export const NOT_MEASURED = 'Not measured yet: `npm run compare`.';

/** The matrix as Markdown: verdicts, p99 and cost, with the field's verdict beside them. */
export function matrixTable(matrix: Matrix, measured: Measured | undefined): string {
  const rows = USE_CASE_IDS.map((useCase) => [
    [`${PRESETS[useCase].label}, within ${inMs(USE_CASES[useCase].ceilingMs)}`, ...sampleOf(useCase, measured)].join('<br>'),
    ...TRANSPORTS.map((transport) => cellText(matrix[useCase][transport])),
    TRANSPORT_NAMES[FIELD[useCase]].replace(' lane', ''),
  ]);
  return markdownTable(['use case', ...TRANSPORTS.map((transport) => TRANSPORT_NAMES[transport]), 'the field says'], rows);
}

/** How much the p99s of a use case rest on. */
function sampleOf(useCase: UseCaseId, measured: Measured | undefined): readonly string[] {
  const delivered = measured?.rows.filter((row) => row.useCase === useCase).map((row) => row.delivered) ?? [];
  const size = measured?.sizes.useCases.find(({ id }) => id === useCase);
  if (size === undefined || delivered.length === 0) return [];
  const [least, most] = [Math.min(...delivered), Math.max(...delivered)];
  const clients = size.groups * size.clients;
  return [`${least === most ? '' : `${number(least)} to `}${number(most)} deliveries to ${number(clients)} clients`];
}

const cellText = ({ verdict, latencyMs, usdPerMonth }: Cell): string => {
  const numbers = [
    latencyMs === undefined ? undefined : msRange(latencyMs),
    usdPerMonth === undefined ? undefined : inWholeUsd(usdPerMonth),
  ];
  return [VERDICT_NAMES[verdict], ...numbers.filter((text) => text !== undefined)].join('<br>');
};

/** Why each cell is what it is, and what the row does not know. */
export function reasonsText(matrix: Matrix): string {
  const simplest = TRANSPORTS.map((transport) => `${TRANSPORT_NAMES[transport]} (${WHY_SIMPLER[transport]})`).join(', then ');
  const sections = USE_CASE_IDS.map((useCase) => {
    const { ceilingMs, why, sender, clientSends, mayBeLost } = USE_CASES[useCase];
    const cells = TRANSPORTS.map((transport) => matrix[useCase][transport]);
    const reasons = cells.every(({ verdict }) => verdict === 'not-measured')
      ? [`- ${NOT_MEASURED}`]
      : cells.map(
          ({ transport, verdict, because }) =>
            `- ${TRANSPORT_NAMES[transport]}: ${VERDICT_NAMES[verdict]}. ${because.map(sentence).join(' ')}`,
        );
    const missing = NOT_IN_THE_CELLS[useCase] ?? [];
    return [
      `**${PRESETS[useCase].label}.** Published by ${sender === 'backend' ? 'a backend' : 'clients'}; a client sends ${clientSends}. May be lost: ${mayBeLost}. At most ${inMs(ceilingMs)}: ${why} Polls come every ${pollIntervalSeconds(useCase)} s.`,
      [...reasons, ...(missing.length === 0 ? [] : [`- Not in these figures, and would change them: ${missing.join('; ')}.`])].join('\n'),
    ].join('\n\n');
  });
  return [`Simplest first: ${simplest}.`, ...sections].join('\n\n');
}

/** What the numbers alone do not say. */
export interface Remark {
  readonly text: string;
  /** Whether it is true of the row: verdicts change with the measurements. */
  readonly appliesTo: (row: Row) => boolean;
}

/** Where the best fit is not what the field says, and why. */
export function differencesText(matrix: Matrix, remarks: Readonly<Partial<Record<UseCaseId, Remark>>>): string {
  const differing = USE_CASE_IDS.flatMap((useCase) => {
    const row = matrix[useCase];
    const fields = row[FIELD[useCase]];
    if (fields.verdict === 'best-fit' || fields.verdict === 'not-measured') return [];
    const best = TRANSPORTS.filter((transport) => row[transport].verdict === 'best-fit').map((transport) => TRANSPORT_NAMES[transport]);
    const ours = best.length === 0 ? 'we find no best fit' : `we find ${best.join(', ')}`;
    const remark = remarks[useCase];
    const name = TRANSPORT_NAMES[FIELD[useCase]];
    return [
      `- **${PRESETS[useCase].label}**: the field says ${name.replace(' lane', '')}, ${ours}. ${name} is ${VERDICT_NAMES[fields.verdict]}: ${fields.because[0]}.${remark?.appliesTo(row) ? ` ${remark.text}` : ''}`,
    ];
  });
  const measured = USE_CASE_IDS.filter((useCase) => matrix[useCase][FIELD[useCase]].verdict !== 'not-measured');
  if (measured.length === 0) return NOT_MEASURED;
  return differing.length === 0 ? 'In no use case.' : differing.join('\n');
}

/** All that was measured, a line for each cell. */
export function measurementsTable(measured: Measured | undefined): string {
  if (measured === undefined) return NOT_MEASURED;
  const head = [
    'use case',
    'transport',
    'p50, p99, p99.9 ms',
    'jitter ms',
    'bytes down, up',
    'requests',
    'TCP connections',
    'server CPU µs',
    'caught up ms',
    'sent, delivered',
    'lost, twice, out of order',
  ];
  const rows = measured.rows.map((row) => [
    PRESETS[row.useCase].label,
    TRANSPORT_NAMES[row.transport],
    [row.latencyMs.p50, row.latencyMs.p99, row.latencyMs.p999].map(number).join(', '),
    number(row.jitterMs),
    `${number(row.bytesDownPerMessage)}, ${number(row.bytesUpPerMessage)}`,
    number(row.requestsPerMessage),
    number(row.tcpConnections),
    `${number(row.serverCpuMicrosPerMessage)}${row.label === 'measured here' ? '' : ' (emulated)'}`,
    number(row.caughtUpMs),
    `${number(row.sent)}, ${number(row.delivered)}`,
    [row.lost, row.doubled, row.outOfOrder].map(number).join(', '),
  ]);
  const { command, date, machine, quick, sizes } = measured;
  const how = `\`${command}\`, ${date}, ${machine.replace(/\.$/, '')}${quick ? '. **A quick run**: its times are a first look' : ''}. Polls were ${inMs(sizes.pollIntervalMs)} apart. Bytes, requests and CPU are per message. CPU marked *emulated* is that of the emulated API Gateway and Lambda, and not AWS's.`;
  return `${how}\n\n${markdownTable(head, rows)}`;
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 0 });
const msRange = ([low, high]: readonly [number, number]): string =>
  Math.round(low) === Math.round(high) ? inMs(low) : `${number(Math.round(low))} to ${inMs(high)}`;
