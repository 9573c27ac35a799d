import type { CapacityId } from './data/capacity.ts';
import { ASSUMED, type Facts, factsOf, withFigure } from './facts.ts';
import { type Figure, figuresOf } from './figure.ts';
import { type FirstLimit, firstLimitOf, reachedText } from './first-limit.ts';
import { type Flip, nearestFlips } from './flip.ts';
import { formatNumber, inUsd } from './format.ts';
import type { Bill, Item, Option, OptionId } from './option.ts';
import { OPTIONS, optionOf } from './options.ts';
import { isTooMuch, raisesOf, raiseText } from './raises.ts';
import { costsNoMore } from './thresholds.ts';
import type { Workload } from './workload.ts';

/** A bill with its sums, and whether the option will do. */
export interface Answer extends Bill {
  readonly option: Pick<Option, 'id' | 'label' | 'status' | 'summary' | 'assumptions'>;
  readonly usdPerMonth: number;
  readonly fixedUsdPerMonth: number;
  readonly growingUsdPerMonth: number;
  /** Part of the total: what estimates tend to leave out. */
  readonly overlookedUsdPerMonth: number;
  readonly firstLimit: FirstLimit | undefined;
  readonly fits: boolean;
  /** Why not. Empty where it fits. */
  readonly unfitBecause: readonly string[];
}

interface Reasons {
  readonly because: readonly string[];
  /** The nearest numbers that turn it around, or that make something fit; empty where a factor of a thousand does not. */
  readonly flips: readonly Flip[];
}

interface Choice extends Reasons {
  /** The second best of those that fit. */
  readonly runnerUp: OptionId | undefined;
  readonly changingLater: string;
}

export type Recommendation =
  | (Choice & { readonly kind: 'recommended'; readonly option: OptionId })
  /** An assumed figure decides: within its range either may be the better one. */
  | (Choice & { readonly kind: 'undecided'; readonly between: readonly [OptionId, OptionId | undefined] })
  | (Reasons & { readonly kind: 'none' });

/** Dates of the figures that the answers used. */
export interface DataAge {
  readonly oldest: string;
  readonly newest: string;
  /** From the oldest to the day that was given. */
  readonly days: number;
}

export interface Plan {
  readonly workload: Workload;
  /** Those that fit come first, the best foremost. */
  readonly answers: readonly Answer[];
  readonly recommendation: Recommendation;
  readonly data: DataAge;
}

/**
 * What each option costs, which limits it meets, and which one to take.
 * @param today as YYYY-MM-DD: the answer says how old its data is
 */
export function plan(workload: Workload, today: string): Plan {
  const facts = factsOf(workload.region);
  const answers = rankedAnswers(workload);
  return { workload, answers, recommendation: recommend(workload, answers, facts), data: ageOf(answers, today) };
}

/** What every option says, in the order of the list. */
export const answersTo = (workload: Workload, facts: Facts): readonly Answer[] =>
  OPTIONS.map((option) => answerOf(option, workload, facts));

export function answerOf(option: Option, workload: Workload, facts: Facts): Answer {
  const bill = option.bill(workload, facts);
  const sum = (of: (item: Item) => boolean) => bill.items.filter(of).reduce((usd, { usdPerMonth }) => usd + usdPerMonth, 0);
  const fixedUsdPerMonth = sum(({ kind }) => kind === 'fixed');
  const growingUsdPerMonth = sum(({ kind }) => kind === 'growing');
  const unfitBecause = reasonsAgainst(workload, bill, facts);
  const { id, label, status, summary, assumptions } = option;

  return {
    ...bill,
    option: { id, label, status, summary, ...(assumptions && { assumptions }) },
    usdPerMonth: fixedUsdPerMonth + growingUsdPerMonth,
    fixedUsdPerMonth,
    growingUsdPerMonth,
    overlookedUsdPerMonth: sum(({ overlooked }) => overlooked),
    // Asked for of few answers, and made of some forty bills.
    get firstLimit() {
      return firstLimitOf(option, workload, facts);
    },
    fits: unfitBecause.length === 0,
    unfitBecause,
  };
}

function reasonsAgainst({ deliverWithinMs }: Workload, { limits, shortcomings, delivery }: Bill, facts: Facts): readonly string[] {
  const late = delivery.p99Ms > deliverWithinMs;
  return [
    ...shortcomings.filter(({ excludes }) => excludes).map(({ text }) => text),
    ...limits
      .filter(({ adjustable, use, allowed }) => !adjustable && use > allowed)
      .map(({ label, use, allowed, unit }) => `${label}: ${formatNumber(use)} of ${formatNumber(allowed)} ${unit}`),
    ...raisesOf(limits)
      .filter((raise) => isTooMuch(raise, facts))
      .map((raise) => `${raiseText(raise)} (assumed possible: ${formatNumber(facts.capacity.quotaRaise.value)})`),
    ...(late ? [`delivers within ${formatNumber(delivery.p99Ms)} ms (p99), and ${formatNumber(deliverWithinMs)} ms are tolerated`] : []),
  ];
}

/**
 * The best of those that fit and cost about as little as the cheapest: one that is built here, or else the fastest. What is not
 * built cannot be recommended, and what others built has to save the work of integrating and running it.
 */
export function bestOf(answers: readonly Answer[], { capacity }: Facts): Answer | undefined {
  const byOthers = ({ option }: Answer) => (option.status === 'service' ? 1 : 0);
  const cost = (answer: Answer) => answer.usdPerMonth + byOthers(answer) * capacity.integrationUsdPerMonth.value;
  const fit = answers.filter(({ fits, option }) => fits && option.status !== 'planned');
  const cheapest = Math.min(...fit.map(cost));
  const [best] = fit
    .filter((answer) => costsNoMore(cost(answer), cheapest))
    .toSorted((a, b) => byOthers(a) - byOthers(b) || a.delivery.p99Ms - b.delivery.p99Ms || cost(a) - cost(b));
  return best;
}

/** The same, asked of a workload. */
export const bestFor = (workload: Workload, facts: Facts): OptionId | undefined => bestOf(answersTo(workload, facts), facts)?.option.id;

/** What every option says: those that fit come first, the best foremost. Takes a hundredth of the time of a whole plan. */
export function rankedAnswers(workload: Workload): readonly Answer[] {
  const facts = factsOf(workload.region);
  const answers = answersTo(workload, facts);
  const best = bestOf(answers, facts);
  const place = (answer: Answer) => (answer === best ? 0 : answer.fits ? 1 : 2);
  return answers.toSorted((a, b) => place(a) - place(b) || a.usdPerMonth - b.usdPerMonth);
}

function recommend(workload: Workload, answers: readonly Answer[], facts: Facts): Recommendation {
  const best = bestOf(answers, facts);
  const doubts = doubtsAbout(workload, best?.option.id, facts);
  const because = doubts.map(({ text }) => text);
  const flips = nearestFlips(workload, (changed) => bestFor(changed, facts));
  if (best === undefined) {
    const reasons = answers.map(({ option, unfitBecause }) => `${option.label}: ${unfitBecause.join('; ')}`);
    const [instead] = doubts.flatMap((doubt) => doubt.instead ?? []);
    if (instead === undefined) return { kind: 'none', because: reasons, flips };
    const choice = { because: [...because, ...reasons], runnerUp: undefined, flips, changingLater: 'nothing fits yet' };
    return { ...choice, kind: 'undecided', between: [instead, undefined] };
  }

  const runnerUp = bestOf(
    answers.filter((answer) => answer !== best),
    facts,
  );
  const choice: Choice = {
    because: [...reasonsFor(workload, best, runnerUp), ...workReason(answers, best, facts)],
    runnerUp: runnerUp?.option.id,
    flips,
    changingLater: changingLater(best, runnerUp),
  };
  const [doubt] = doubts;
  if (doubt === undefined) return { ...choice, kind: 'recommended', option: best.option.id };
  return { ...choice, kind: 'undecided', between: [best.option.id, doubt.instead], because: [...because, ...choice.because] };
}

/** The option that the verdict names first; none where nothing fits whatever is assumed. */
export function firstNamed(recommendation: Recommendation): OptionId | undefined {
  if (recommendation.kind === 'none') return undefined;
  return recommendation.kind === 'recommended' ? recommendation.option : recommendation.between[0];
}

/** The work of integrating what others built, where it decides. */
function workReason(answers: readonly Answer[], best: Answer, facts: Facts): readonly string[] {
  const without = bestOf(answers, withFigure(facts, 'integrationUsdPerMonth', 0));
  if (without === undefined || without === best) return [];
  const { value } = facts.capacity.integrationUsdPerMonth;
  return [`${without.option.label} ${inUsd(without.usdPerMonth)} would be best without ${inUsd(value)} a month of work on it (assumed)`];
}

function reasonsFor({ deliverWithinMs }: Workload, best: Answer, runnerUp: Answer | undefined): readonly string[] {
  const { usdPerMonth, fixedUsdPerMonth, delivery, firstLimit, limits } = best;
  return [
    `${inUsd(usdPerMonth)} a month, ${inUsd(fixedUsdPerMonth)} of it fixed${runnerUp ? `; ${runnerUp.option.label} ${inUsd(runnerUp.usdPerMonth)}` : ''}`,
    `delivers within ${formatNumber(delivery.p99Ms)} ms (p99), and ${formatNumber(deliverWithinMs)} ms are tolerated`,
    ...raisesOf(limits).map(raiseText),
    ...(firstLimit ? [`first limit: ${firstLimit.label}, ${reachedText(firstLimit)}`] : []),
  ];
}

/** Of our own lanes, a client changes by configuration. */
const OURS: readonly OptionId[] = ['websocket-lane', 'sse-lane', 'long-poll', 'poll', 'websocket-fargate'];

function changingLater(best: Answer, runnerUp: Answer | undefined): string {
  if (runnerUp === undefined) return 'no other option fits';
  const [from, to] = [best, runnerUp].map(({ fixedUsdPerMonth }) => inUsd(fixedUsdPerMonth));
  const fixed = from === to ? `the fixed cost stays ${from} a month` : `the fixed cost changes from ${from} to ${to} a month`;
  const isOurs = OURS.includes(best.option.id) && OURS.includes(runnerUp.option.id);
  return isOurs
    ? `to ${runnerUp.option.label}: nothing in ids, events and the code of clients, whose transport is configuration; ${fixed}`
    : `to ${runnerUp.option.label}: clients, access checks and publishers are written anew, and cursors have no meaning there; ${fixed}`;
}

export interface Doubt {
  readonly figure: CapacityId;
  readonly text: string;
  /** What is best at that end of the range; undefined where nothing fits. */
  readonly instead: OptionId | undefined;
}

/** The facts at each end of the range of each assumed figure. */
export const assumedEnds = (facts: Facts): readonly { readonly figure: CapacityId; readonly value: number; readonly facts: Facts }[] =>
  ASSUMED.flatMap(({ id, figure: { range } }) => range.map((value) => ({ figure: id, value, facts: withFigure(facts, id, value) })));

/** Assumed figures that would turn the recommendation around within their range. @param best undefined where nothing fits */
export function doubtsAbout(workload: Workload, best: OptionId | undefined, facts: Facts): readonly Doubt[] {
  return assumedEnds(facts).flatMap(({ figure, value, facts: there }) => {
    const instead = bestFor(workload, there);
    if (instead === best) return [];
    const { value: assumed, unit } = facts.capacity[figure];
    const fits = instead === undefined ? 'nothing would fit' : `${optionOf(instead).label} would fit best`;
    return [{ figure, instead, text: `assumed: ${formatNumber(assumed)} ${unit}; with ${formatNumber(value)}, ${fits}` }];
  });
}

/** Figures that some answer was made of, each once. */
export const figuresIn = (answers: readonly Answer[]): readonly Figure[] => [
  ...new Set(
    answers.flatMap(({ items, mayBeAdded = [], limits, delivery }) => [
      ...[...items, ...mayBeAdded].flatMap(({ price, from }) => [...figuresOf(price), ...from]),
      ...limits.map(({ figure }) => figure),
      ...delivery.from,
    ]),
  ),
];

/** How old the figures of answers are. @param today as YYYY-MM-DD */
export function ageOf(answers: readonly Answer[], today: string): DataAge {
  const dates = figuresIn(answers)
    .map(({ date }) => date)
    .sort();
  const [oldest = today] = dates;
  const days = Math.max(0, Math.round((Date.parse(today) - Date.parse(oldest)) / 86_400_000));
  return { oldest, newest: dates.at(-1) ?? today, days };
}
