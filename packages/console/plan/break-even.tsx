import { formatNumber, formatUsd } from '../../planner/src/format.ts';
import type { LimitCrossing } from '../../planner/src/limits-along.ts';
import { OPTIONS, optionOf } from '../../planner/src/options.ts';
import { NUMBERS, type NumberId } from '../../planner/src/workload.ts';
import type { Chart } from './chart.ts';
import type { PlanModel } from './model.ts';
import { Plot } from './plot.tsx';

/** Costs along one input: a plot, and the same in words. */
export function BreakEven({ model }: { readonly model: PlanModel }) {
  const chart = model.chart.value;
  const shown = chart.lines.map(({ id }) => id);
  const { label } = NUMBERS[chart.along];
  return (
    <section class="break-even card" aria-labelledby="break-even">
      <h2 id="break-even">Break-even</h2>
      <label class="choice">
        <span>USD a month along</span>
        <select value={model.state.value.along} onChange={(event) => model.set({ along: event.currentTarget.value as NumberId })}>
          {Object.entries(NUMBERS).map(([id, input]) => (
            <option key={id} value={id}>
              {input.label}
            </option>
          ))}
        </select>
      </label>
      <fieldset class="compared">
        <legend>Compare</legend>
        {OPTIONS.map(({ id, label: name }) => (
          <label key={id}>
            <input
              type="checkbox"
              checked={shown.includes(id)}
              onChange={(event) =>
                model.set({ compared: event.currentTarget.checked ? [...shown, id] : shown.filter((other) => other !== id) })
              }
            />
            <i class={`line-swatch ${id}`} /> <span>{name}</span>
          </label>
        ))}
      </fieldset>
      <Plot chart={chart} />
      <p class="help">
        Solid where an option fits, dashed where it does not. Numbered lines are the limits below; "now" is the workload of this page.
      </p>
      <h3>In words</h3>
      <Crossings chart={chart} />
      {chart.limits.length > 0 && (
        <ol class="limits">
          {chart.limits.map((limit) => (
            <li key={limitText(limit)}>
              {limitText(limit)} {NUMBERS[chart.along].unit} <small>{limit.options.map((id) => optionOf(id).label).join(', ')}</small>
            </li>
          ))}
        </ol>
      )}
      <details>
        <summary>The plot as a table</summary>
        <ChartTable chart={chart} label={label} />
      </details>
    </section>
  );
}

const limitText = ({ label, value, exceeded, adjustable }: LimitCrossing): string =>
  `${label}${adjustable ? ' (adjustable)' : ''}: ${exceeded} ${formatNumber(value)}`;

function Crossings({ chart: { crossings, along, lines } }: { readonly chart: Chart }) {
  if (crossings.length === 0)
    return (
      <p>
        {lines.length > 1
          ? `${lines[0]?.label} and the others do not change places in this range.`
          : 'Choose two options or more to compare them.'}
      </p>
    );
  return (
    <ul>
      {crossings.map(({ cheaperBelow, cheaperAbove, value }) => (
        <li key={`${cheaperBelow} ${cheaperAbove} ${value}`}>
          {optionOf(cheaperBelow).label} is cheaper below {formatNumber(value)} {NUMBERS[along].unit}, {optionOf(cheaperAbove).label} above.
        </li>
      ))}
    </ul>
  );
}

function ChartTable({ chart: { along, lines, rows }, label }: { readonly chart: Chart; readonly label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <section class="wide-table" aria-label={`USD a month along ${label}`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{NUMBERS[along].unit}</th>
            {lines.map(({ id, label: name }) => (
              <th key={id} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">best fit</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ value, usdPerMonth, best }) => (
            <tr key={value}>
              <th scope="row">{formatNumber(value)}</th>
              {lines.map(({ id }) => (
                <td key={id} class="amount">
                  {formatUsd(usdPerMonth[id] ?? 0)}
                </td>
              ))}
              <td>{best ? optionOf(best).label : 'nothing fits'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
