import type { Range } from './figure.ts';
import { inMs, inWholeUsd } from './format.ts';
import type { Measured, MeasuredRow } from './measured.ts';
import type { OptionId } from './option.ts';
import type { Answer } from './plan.ts';
import {
  CAUGHT_UP_WITHIN_MS,
  costsNoMore,
  TOO_EXPENSIVE,
  TRANSPORT_NAMES,
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

/** What the planner says of a use case. */
export interface PlanAt {
  /** Where it differs from the plan proper: another value of an assumed figure. Undefined for the plan itself. */
  readonly assumed: { readonly value: number; readonly insteadOf: number; readonly unit: string } | undefined;
  readonly answers: readonly Answer[];
  /** What AWS's services add to a latency measured here, at the p99. */
  readonly awsLatencyMs: Readonly<Record<Transport, number>>;
}

export interface Evidence {
  /** The plan itself first, then one for each end of the range of each assumed figure. */
  readonly plans: readonly [PlanAt, ...PlanAt[]];
  readonly measured: Measured | undefined;
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

const EMULATED: MeasuredRow['label'] = 'emulated API Gateway and Lambda';

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

function cellOf(useCase: UseCaseId, transport: Transport, { plans, measured }: Evidence): Cell {
  const [plan] = plans;
  const usdPerMonth = answerOf(transport, plan.answers)?.usdPerMonth;
  const cases = plans.flatMap((at) =>
    ([true, false] as const).map((asEmulated) => {
      const all = figuresOf(useCase, at, measured, asEmulated);
      return { at, asEmulated, all, own: all.find((figures) => figures.transport === transport) };
    }),
  );
  const own = cases.flatMap((each) => each.own ?? []);
  const [base] = own;
  if (base === undefined) {
    return {
      transport,
      verdict: 'not-measured',
      because: ['`npm run compare` has not measured it yet'],
      latencyMs: undefined,
      usdPerMonth,
    };
  }

  const outcomes = cases.map(({ at, asEmulated, all }) => ({ at, asEmulated, ...judge(useCase, transport, all) }));
  const { verdict, because } = unanimous(outcomes);
  const range = ([low, high]: Range, unit: string) =>
    low === high ? '' : `, ${number(low)} to ${number(high)} ${unit} with what is assumed`;
  const latencyMs = rangeOf(own.map((figures) => figures.latencyMs));
  const usd = rangeOf(own.map(costOf));
  const numbers = [
    `the p99 is ${inMs(base.latencyMs)}${range(latencyMs, 'ms')}, at most ${inMs(USE_CASES[useCase].ceilingMs)}: ${inMs(base.row.latencyMs.p99)} measured here (${base.row.label === EMULATED ? `${EMULATED}, ` : ''}${measured?.date}) and ${inMs(plan.awsLatencyMs[transport])} assumed for AWS; calculated at full size, ${inMs(base.answer.delivery.p99Ms)}`,
    `caught up ${inMs(base.row.caughtUpMs)} after a cut`,
    `${inWholeUsd(costOf(base))} a month${range(usd, 'USD')}, calculated from list prices`,
  ];
  return { transport, verdict, because: [because, ...numbers], latencyMs, usdPerMonth };
}

interface Outcome extends Judgement {
  readonly at: PlanAt;
  readonly asEmulated: boolean;
}

/** The verdict if it is the same wherever the assumed figures lie, else `undecided`. */
function unanimous(outcomes: readonly Outcome[]): Judgement {
  const [first, ...others] = outcomes;
  if (first === undefined) throw new Error('there is at least the plan itself');
  const other = others.find(({ verdict }) => verdict !== first.verdict);
  if (other === undefined) return first;
  // Of a limit, the condition has just said what it counts, and that it is assumed.
  const { assumed } = other.at;
  const because =
    assumed === undefined ? other.because : other.because.replace(` ${assumed.unit}`, '').replace('is the limit (assumed)', 'is the limit');
  return {
    verdict: 'undecided',
    because: `${plain(first)} (${first.because}), but ${plain(other)} ${conditionOf(other)} (${because})`,
  };
}

function conditionOf({ at: { assumed }, asEmulated }: Outcome): string {
  return [
    ...(assumed === undefined
      ? []
      : [`with ${number(assumed.value)} ${assumed.unit}, instead of the ${number(assumed.insteadOf)} assumed`]),
    ...(asEmulated ? [] : ['if API Gateway and Lambda are as fast as calculated']),
  ].join(' and ');
}

const plain = ({ verdict }: Judgement): string => verdict.replace('-', ' ');

/** @param asEmulated whether what was emulated is as slow as it was here; else it is as the planner calculates */
function figuresOf(
  useCase: UseCaseId,
  { answers, awsLatencyMs }: PlanAt,
  measured: Measured | undefined,
  asEmulated: boolean,
): readonly Figures[] {
  return TRANSPORTS.flatMap((transport) => {
    const answer = answerOf(transport, answers);
    const row = measured?.rows.find((candidate) => candidate.useCase === useCase && candidate.transport === transport);
    if (answer === undefined || row === undefined) return [];
    const calculatedMs = answer.delivery.p99Ms;
    const latencyMs =
      row.label === EMULATED && !asEmulated ? calculatedMs : Math.max(row.latencyMs.p99 + awsLatencyMs[transport], calculatedMs);
    return [{ transport, answer, row, latencyMs }];
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
      because: `it meets the needs, and costs ${inWholeUsd(costOf(own))} where ${nameOf(cheapest)} costs ${inWholeUsd(costOf(cheapest))}`,
    };
  }

  const simplerFor = (figures: Figures) => {
    const simpler = able.filter((other) => isSimpler(other, figures) && costsNoMore(costOf(other), costOf(figures)));
    return simpler.length === 0 ? undefined : cheapestOf(simpler);
  };
  const simpler = simplerFor(own);
  if (simpler !== undefined) {
    return {
      verdict: 'overkill',
      because: `${nameOf(simpler)} is simpler, meets the same needs and ${costsInstead(simpler, own)}`,
    };
  }

  const best = cheapestOf(able.filter((figures) => simplerFor(figures) === undefined));
  if (own === cheapest) return { verdict: 'best-fit', because: 'the cheapest that meets the needs' };
  if (own === best)
    return { verdict: 'best-fit', because: `it meets the needs, is simpler than ${nameOf(cheapest)} and ${costsInstead(own, cheapest)}` };
  return {
    verdict: 'works',
    because: `it meets the needs, and ${nameOf(best)} costs ${inWholeUsd(costOf(best))} instead of ${inWholeUsd(costOf(own))}`,
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
      .map(
        ({ use, allowed, unit, figure }) => `it needs ${number(use)} ${unit}, and ${number(allowed)} is the limit (${figure.confidence})`,
      ),
    ...(lost > 0 && mayBeLost === 'nothing' ? [`${lost} events were lost (measured)`] : []),
    ...(doubled + outOfOrder > 0 ? [`${doubled} events came twice and ${outOfOrder} out of order (measured)`] : []),
    ...(caughtUpMs > CAUGHT_UP_WITHIN_MS
      ? [`a cut client was caught up after ${inMs(caughtUpMs)} (measured), not ${inMs(CAUGHT_UP_WITHIN_MS)}`]
      : []),
    ...(latencyMs > ceilingMs ? [`a p99 of ${inMs(latencyMs)}, above ${inMs(ceilingMs)}`] : []),
  ];
}

const answerOf = (transport: Transport, answers: readonly Answer[]) => answers.find(({ option }) => option.id === OPTION_OF[transport]);

const nameOf = ({ transport }: Figures): string => TRANSPORT_NAMES[transport];

const costOf = ({ answer }: Figures): number => answer.usdPerMonth;

const cheapestOf = (some: readonly Figures[]): Figures => some.reduce((best, other) => (costOf(other) < costOf(best) ? other : best));

const isTooExpensive = (own: Figures, cheapest: Figures): boolean =>
  costOf(own) > TOO_EXPENSIVE.times * costOf(cheapest) && costOf(own) - costOf(cheapest) > TOO_EXPENSIVE.usdPerMonth;

const isSimpler = (one: Figures, other: Figures): boolean => TRANSPORTS.indexOf(one.transport) < TRANSPORTS.indexOf(other.transport);

/** What one costs, beside another that it replaces. */
const costsInstead = (one: Figures, other: Figures): string =>
  costsNoMore(costOf(other), costOf(one))
    ? `costs about the same: ${inWholeUsd(costOf(one))}, and ${inWholeUsd(costOf(other))}`
    : `costs ${inWholeUsd(costOf(one))} instead of ${inWholeUsd(costOf(other))}`;

const rangeOf = (values: readonly number[]): Range => [Math.min(...values), Math.max(...values)];

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
