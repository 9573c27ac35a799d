import { type Figure, figuresOf } from '../../planner/src/figure.ts';
import { reachedText } from '../../planner/src/first-limit.ts';
import { formatExact, formatNumber, formatUsd } from '../../planner/src/format.ts';
import type { Item, Limit } from '../../planner/src/option.ts';
import type { Answer } from '../../planner/src/plan.ts';

/** Everything that an option's cost and limits were made of, with its source. */
export function Bill({ answer }: { readonly answer: Answer }) {
  const { option, items, mayBeAdded = [], limits, delivery, shortcomings, firstLimit } = answer;
  return (
    <div class="bill">
      <p>{option.summary}</p>
      <Table caption="Bill" head={['Item', 'Quantity a month', 'USD a month', 'Made of']}>
        {items
          .toSorted((a, b) => b.usdPerMonth - a.usdPerMonth)
          .map((item) => (
            <ItemRow key={item.id} item={item} note={item.overlooked ? `${item.kind}, easily overlooked` : item.kind} />
          ))}
        {mayBeAdded.map((item) => (
          <ItemRow key={item.id} item={item} note="not in the sum" />
        ))}
      </Table>
      <Table caption="Limits, at this load" head={['Limit', 'Used at the peak', 'Allowed', 'Made of']}>
        {limits.map((limit) => (
          <LimitRow key={limit.id} limit={limit} />
        ))}
      </Table>
      {firstLimit && (
        <p>
          The first limit that a growing load meets: {firstLimit.label.toLowerCase()}, {reachedText(firstLimit)}.
        </p>
      )}
      <p>From publishing to the last connection: {formatNumber(delivery.p99Ms)} ms (p99), made of</p>
      <Figures figures={delivery.from} />
      <Lines title="What it does not do" lines={shortcomings.map(({ text }) => text)} />
      <Lines title="What is assumed of it" lines={option.assumptions ?? []} />
    </div>
  );
}

interface TableProps {
  readonly caption: string;
  readonly head: readonly string[];
  readonly children: preact.ComponentChildren;
}

function Table({ caption, head, children }: TableProps) {
  return (
    <table>
      <caption>{caption}</caption>
      <thead>
        <tr>
          {head.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

function ItemRow({ item, note }: { readonly item: Item; readonly note: string }) {
  const { label, quantity, unit, usdPerMonth, price, from } = item;
  return (
    <tr>
      <th scope="row">
        {label} <small>{note}</small>
      </th>
      <td>
        {formatNumber(quantity)} {unit}
      </td>
      <td class="amount">{formatUsd(usdPerMonth)}</td>
      <td>
        <Figures figures={[...figuresOf(price), ...from]} />
      </td>
    </tr>
  );
}

function LimitRow({ limit: { label, unit, use, allowed, adjustable, figure } }: { readonly limit: Limit }) {
  return (
    <tr class={use > allowed ? 'exceeded' : undefined}>
      <th scope="row">
        {label} <small>{adjustable ? 'adjustable' : 'fixed'}</small>
      </th>
      <td>{formatNumber(use)}</td>
      <td>
        {formatNumber(allowed)} {unit}
      </td>
      <td>
        <Figures figures={[figure]} />
      </td>
    </tr>
  );
}

/** Each number with how far it can be trusted, where it is from, and its date. */
function Figures({ figures }: { readonly figures: readonly Figure[] }) {
  return (
    <ul class="figures">
      {figures.map((figure) => (
        <li key={`${figure.source} ${figure.unit} ${figure.value}`}>
          <span class={`confidence ${figure.confidence}`}>{figure.confidence}</span> {valueText(figure)} · <Source source={figure.source} />{' '}
          · <time>{figure.date}</time>
        </li>
      ))}
    </ul>
  );
}

const valueText = ({ value, unit, range }: Figure): string =>
  `${formatExact(value)} ${unit}${range ? ` (${range.map(formatNumber).join(' to ')})` : ''}`;

function Source({ source }: { readonly source: string }) {
  if (!source.startsWith('https://')) return <>{source}</>;
  return (
    <a href={source} title={source}>
      {new URL(source).hostname}
    </a>
  );
}

function Lines({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}
