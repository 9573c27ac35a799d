import { formatUsd } from '../../planner/src/format.ts';
import type { OptionId } from '../../planner/src/option.ts';
import { optionOf } from '../../planner/src/options.ts';
import type { Plan, Recommendation } from '../../planner/src/plan.ts';
import { dataText, flipsText } from '../../planner/src/text.ts';

const TITLES: Readonly<Record<Recommendation['kind'], string>> = {
  recommended: 'Recommended',
  undecided: 'Undecided',
  none: 'Recommended',
};

/** The answer in a line. It stays in view, and screen readers say it when it changes. */
export function Verdict({ plan, isSettled }: { readonly plan: Plan; readonly isSettled: boolean }) {
  const { recommendation } = plan;
  return (
    <div class={`verdict card ${recommendation.kind}`} role="status" aria-busy={!isSettled}>
      <span class="verdict-title">{TITLES[recommendation.kind]}</span> <strong>{verdictText(recommendation)}</strong>{' '}
      <span class="verdict-cost">{costText(plan, candidatesOf(recommendation))}</span>
    </div>
  );
}

const labelOf = (id: OptionId | undefined): string => (id === undefined ? 'nothing' : optionOf(id).label);

function candidatesOf(recommendation: Recommendation): readonly OptionId[] {
  if (recommendation.kind === 'none') return [];
  return recommendation.kind === 'recommended' ? [recommendation.option] : recommendation.between.filter((id) => id !== undefined);
}

function verdictText(recommendation: Recommendation): string {
  switch (recommendation.kind) {
    case 'recommended':
      return labelOf(recommendation.option);
    case 'undecided':
      return `${labelOf(recommendation.between[0])}, or ${labelOf(recommendation.between[1])}`;
    case 'none':
      return 'none of these fits';
  }
}

function costText({ answers }: Plan, ids: readonly OptionId[]): string {
  const costs = ids.flatMap((id) => answers.filter(({ option }) => option.id === id).map(({ usdPerMonth }) => formatUsd(usdPerMonth)));
  return costs.length === 0 ? '' : `${costs.join(' or ')} USD a month`;
}

/** Why, what comes next, and what would turn it around. */
export function Advice({ plan }: { readonly plan: Plan }) {
  const { recommendation, data } = plan;
  const { kind, because } = recommendation;
  return (
    <section class="advice card" aria-labelledby="advice">
      <h2 id="advice">{kind === 'recommended' ? 'Why this one' : kind === 'undecided' ? 'Why undecided' : 'Why none'}</h2>
      <ul>
        {because.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <dl>
        {recommendation.kind !== 'none' && (
          <>
            <dt>Runner-up</dt>
            <dd>
              {recommendation.runnerUp
                ? `${labelOf(recommendation.runnerUp)}, ${costText(plan, [recommendation.runnerUp])}`
                : 'none: nothing else fits'}
            </dd>
          </>
        )}
        <dt>What would reverse it</dt>
        <dd>{flipsText(recommendation.flips)}</dd>
        {recommendation.kind !== 'none' && (
          <>
            <dt>Changing later</dt>
            <dd>{recommendation.changingLater}</dd>
          </>
        )}
      </dl>
      <p class="data-age">{dataText(data)}</p>
    </section>
  );
}
