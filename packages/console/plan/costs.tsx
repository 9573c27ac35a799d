import { useSignal } from '@preact/signals';
import { formatNumber, formatUsd } from '../../planner/src/format.ts';
import type { Answer } from '../../planner/src/plan.ts';
import { raisesOf, raiseText } from '../../planner/src/raises.ts';
import { type BarPart, barsOf } from './bars.ts';
import { Bill } from './bill.tsx';

const STATUS: Readonly<Record<Answer['option']['status'], string>> = { built: '', planned: 'not built yet', service: 'to integrate' };

/** What each option costs, as bars of one scale. Each opens to its bill. */
export function Costs({ answers }: { readonly answers: readonly Answer[] }) {
  const { bars, endUsd } = barsOf(answers);
  const isCut = answers.some(({ usdPerMonth }) => usdPerMonth > endUsd);
  return (
    <section class="costs card" aria-labelledby="costs">
      <h2 id="costs">USD a month</h2>
      <p class="legend">
        <span>
          <i class="swatch fixed" /> fixed
        </span>
        <span>
          <i class="swatch growing" /> growing
        </span>
        <span>
          <i class="swatch fixed overlooked" /> <i class="swatch growing overlooked" /> easily overlooked
        </span>
        {isCut && <span>» longer than {formatUsd(endUsd)} USD</span>}
      </p>
      <ol>
        {answers.map((answer, place) => (
          <Cost key={answer.option.id} answer={answer} bar={bars[place] ?? []} isCut={answer.usdPerMonth > endUsd} />
        ))}
      </ol>
    </section>
  );
}

interface CostProps {
  readonly answer: Answer;
  readonly bar: readonly BarPart[];
  readonly isCut: boolean;
}

function Cost({ answer, bar, isCut }: CostProps) {
  const open = useSignal(false);
  const { option, usdPerMonth, fits, unfitBecause, delivery, tasks } = answer;
  const raises = raisesOf(answer.limits);
  return (
    <li class={fits ? 'cost' : 'cost unfit'}>
      <details
        onToggle={(event) => {
          open.value = event.currentTarget.open;
        }}
      >
        <summary>
          <span class="cost-head">
            <strong>{option.label}</strong>
            {STATUS[option.status] !== '' && <span class="tag">{STATUS[option.status]}</span>}
            {!fits && <span class="tag bad">does not fit</span>}
            <span class="usd">{formatUsd(usdPerMonth)}</span>
          </span>
          <span class={isCut ? 'bar cut' : 'bar'} aria-hidden="true">
            {bar.map(({ kind, overlooked, shown }) => (
              <i key={`${kind} ${overlooked}`} class={overlooked ? `${kind} overlooked` : kind} style={{ width: `${shown * 100}%` }} />
            ))}
          </span>
          <span class="parts">
            fixed {formatUsd(answer.fixedUsdPerMonth)}, growing {formatUsd(answer.growingUsdPerMonth)}; easily overlooked{' '}
            {formatUsd(answer.overlookedUsdPerMonth)} of it · {formatNumber(delivery.p99Ms)} ms (p99)
            {tasks && ` · ${tasks.count} ${tasks.count === 1 ? 'task' : 'tasks'}`}
          </span>
        </summary>
        {open.value && <Bill answer={answer} />}
      </details>
      {fits && raises.length > 0 && <p class="unfit-because">{raises.map(raiseText).join('; ')}</p>}
      {!fits && <p class="unfit-because">{unfitBecause.join('; ')}</p>}
    </li>
  );
}
