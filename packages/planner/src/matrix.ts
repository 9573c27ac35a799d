import type { Range } from './figure.ts';
import type { Measured, MeasuredRow } from './measured.ts';
import type { OptionId } from './option.ts';
import type { Answer } from './plan.ts';
import {
  CAUGHT_UP_WITHIN_MS,
  SAME_COST,
  TOO_EXPENSIVE,
  TRANSPORTS,
  type Transport,
  USE_CASES,
  type UseCaseId,
  type Verdict,
} from './thresholds.ts';

/** The transport that the field names as the best for a use case. */
export const FIELD: Readonly<Record<UseCaseId, Transport>> = {
  'live-feed': 'sse',
  chat: 'websocket',
  'collaborative-editing': 'websocket',
  dashboard: 'sse',
  'multiplayer-game': 'websocket',
  'ai-streaming': 'sse',
  notifications: 'sse',
  'stock-prices': 'sse',
};

/** What the planner bills for a transport. */
export const OPTION_OF: Readonly<Record<Transport, OptionId>> = {
  poll: 'poll',
  'long-poll': 'long-poll',
  sse: 'sse-lane',
  websocket: 'websocket-lane',
};

/** What the planner answers where one assumed figure lies at an end of its range. */
export interface Variant {
  /** The figure and its value, for readers. */
  readonly name: string;
  readonly answers: readonly Answer[];
}

export interface Evidence {
  readonly answers: readonly Answer[];
  readonly variants: readonly Variant[];
  readonly measured: Measured | undefined;
  /** What AWS's services add to a latency measured here: their documented median and p99. */
  readonly awsLatencyMs: Readonly<Record<Transport, Range>>;
}

export interface Cell {
  readonly transport: Transport;
  readonly verdict: Verdict;
  /** Why, with the numbers and their labels. */
  readonly because: readonly string[];
  /** The least and the most that the p99 may be. Undefined where nothing was measured. */
  readonly latencyMs: Range | undefined;
  readonly usdPerMonth: number | undefined;
}

export type Row = Readonly<Record<Transport, Cell>>;

/** What is known of one transport, with every uncertain figure at one of its values. */
interface Figures {
  readonly transport: Transport;
  readonly answer: Answer;
  readonly row: MeasuredRow;
  readonly latencyMs: number;
}

interface Judgement {
  readonly verdict: Verdict;
  readonly because: string;
}

/** The verdicts on every transport in a use case. The rules are those of `thresholds.ts`. */
export function rowOf(useCase: UseCaseId, evidence: Evidence): Row {
  const cells = TRANSPORTS.map((transport) => [transport, cellOf(useCase, transport, evidence)] as const);
  return Object.fromEntries(cells) as Record<Transport, Cell>;
}

function cellOf(useCase: UseCaseId, transport: Transport, evidence: Evidence): Cell {
  const { answers, measured } = evidence;
  const usdPerMonth = answerOf(transport, answers)?.usdPerMonth;
  const row = measuredRow(useCase, transport, measured);
  if (row === undefined || usdPerMonth === undefined) {
    return {
      transport,
      verdict: 'not-measured',
      because: ['`npm run compare` has not measured it yet'],
      latencyMs: undefined,
      usdPerMonth,
    };
  }

  const [least, most] = evidence.awsLatencyMs[transport];
  const { verdict, because } = decide(useCase, transport, evidence);
  const numbers = [
    `p99 ${ms(row.latencyMs.p99)} measured here (${measured?.date}) and ${ms(least)} to ${ms(most)} on AWS (documented), at most ${ms(USE_CASES[useCase].ceilingMs)}`,
    `${usd(usdPerMonth)} a month (calculated from list prices)`,
  ];
  const latencyMs: Range = [row.latencyMs.p99 + least, row.latencyMs.p99 + most];
  return { transport, verdict, because: [because, ...numbers], latencyMs, usdPerMonth };
}

/** One verdict if it is the same wherever the uncertain figures lie, else `undecided`. */
function decide(useCase: UseCaseId, transport: Transport, evidence: Evidence): Judgement {
  const plans = [{ name: '', answers: evidence.answers }, ...evidence.variants];
  const outcomes = plans.flatMap(({ name, answers }) =>
    (['median', 'p99'] as const).map((end) => ({
      name: [name, `AWS adds its ${end} latency`].filter((part) => part !== '').join(' and '),
      ...judge(useCase, transport, figuresOf(useCase, evidence, answers, end)),
    })),
  );

  const [first, ...others] = outcomes;
  if (first === undefined) throw new Error('there is at least the plan itself');
  const other = others.find(({ verdict }) => verdict !== first.verdict);
  if (other === undefined) return first;
  return {
    verdict: 'undecided',
    because: [first, other].map(({ name, verdict, because }) => `${verdict} if ${name}: ${because}`).join('; '),
  };
}

function figuresOf(
  useCase: UseCaseId,
  { measured, awsLatencyMs }: Evidence,
  answers: readonly Answer[],
  end: 'median' | 'p99',
): readonly Figures[] {
  return TRANSPORTS.flatMap((transport) => {
    const answer = answerOf(transport, answers);
    const row = measuredRow(useCase, transport, measured);
    if (answer === undefined || row === undefined) return [];
    return [{ transport, answer, row, latencyMs: row.latencyMs.p99 + awsLatencyMs[transport][end === 'median' ? 0 : 1] }];
  });
}

/** @param all of every transport that was measured, simplest first */
function judge(useCase: UseCaseId, transport: Transport, all: readonly Figures[]): Judgement {
  const own = all.find((figures) => figures.transport === transport);
  if (own === undefined) throw new Error(`${transport} was not measured`);
  const unmet = unmetNeeds(useCase, own);
  if (unmet.length > 0) return { verdict: 'not-suitable', because: unmet.join('; ') };

  const able = all.filter((figures) => unmetNeeds(useCase, figures).length === 0);
  const cheapest = cheapestOf(able);
  if (isTooExpensive(own, cheapest)) {
    return {
      verdict: 'not-suitable',
      because: `it meets the needs, and costs ${usd(costOf(own))} where ${cheapest.transport} costs ${usd(costOf(cheapest))}`,
    };
  }

  const simplerFor = (figures: Figures) => able.find((other) => isSimpler(other, figures) && costsNoMore(other, figures));
  const simpler = simplerFor(own);
  if (simpler !== undefined) {
    return {
      verdict: 'overkill',
      because: `${simpler.transport} is simpler, meets the same needs and costs ${usd(costOf(simpler))} instead of ${usd(costOf(own))}`,
    };
  }

  const best = cheapestOf(able.filter((figures) => simplerFor(figures) === undefined));
  if (best === own) return { verdict: 'best-fit', because: 'the cheapest that meets the needs' };
  return {
    verdict: 'works',
    because: `it meets the needs, and ${best.transport} costs ${usd(costOf(best))} instead of ${usd(costOf(own))}`,
  };
}

/** What the use case needs and the transport has not. */
function unmetNeeds(useCase: UseCaseId, { answer, row, latencyMs }: Figures): readonly string[] {
  const { ceilingMs, mayBeLost } = USE_CASES[useCase];
  const { lost, doubled, outOfOrder, caughtUpMs } = row;
  return [
    ...answer.shortcomings.filter(({ excludes }) => excludes).map(({ text }) => text),
    ...answer.limits
      .filter(({ use, allowed, adjustable }) => use > allowed && !adjustable)
      .map(({ label, use, allowed, unit, figure }) => `${label}: ${number(use)} of ${number(allowed)} ${unit} (${figure.confidence})`),
    ...(lost > 0 && mayBeLost === 'nothing' ? [`${lost} events were lost (measured)`] : []),
    ...(doubled + outOfOrder > 0 ? [`${doubled} events came twice and ${outOfOrder} out of order (measured)`] : []),
    ...(caughtUpMs > CAUGHT_UP_WITHIN_MS
      ? [`a cut client was caught up after ${ms(caughtUpMs)} (measured), not ${ms(CAUGHT_UP_WITHIN_MS)}`]
      : []),
    ...(latencyMs > ceilingMs ? [`p99 of ${ms(latencyMs)}, above ${ms(ceilingMs)}`] : []),
  ];
}

const answerOf = (transport: Transport, answers: readonly Answer[]) => answers.find(({ option }) => option.id === OPTION_OF[transport]);

const measuredRow = (useCase: UseCaseId, transport: Transport, measured: Measured | undefined) =>
  measured?.rows.find((row) => row.useCase === useCase && row.transport === transport);

const costOf = ({ answer }: Figures): number => answer.usdPerMonth;

const cheapestOf = (some: readonly Figures[]): Figures => some.reduce((best, other) => (costOf(other) < costOf(best) ? other : best));

const isTooExpensive = (own: Figures, cheapest: Figures): boolean =>
  costOf(own) > TOO_EXPENSIVE.times * costOf(cheapest) && costOf(own) - costOf(cheapest) > TOO_EXPENSIVE.usdPerMonth;

const isSimpler = (one: Figures, other: Figures): boolean => TRANSPORTS.indexOf(one.transport) < TRANSPORTS.indexOf(other.transport);

const costsNoMore = (one: Figures, other: Figures): boolean =>
  costOf(one) <= Math.max(SAME_COST.times * costOf(other), costOf(other) + SAME_COST.usdPerMonth);

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
const ms = (value: number): string => `${Math.round(value).toLocaleString('en-US')} ms`;
const usd = (value: number): string => `${Math.round(value).toLocaleString('en-US')} USD`;
