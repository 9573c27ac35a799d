import { useSignal } from '@preact/signals';
import { memo } from 'preact/compat';
import type { EventRow } from '../model/pane.ts';
import { formatLatency } from './format.ts';

/** Longer data is folded: a hundred rows of the largest event would be ten million characters. */
const FOLD_AT = 280;

function Row({ row }: { readonly row: EventRow }) {
  const { id, type, data } = row.event;
  const latencyMs = row.latencyMs.value;
  return (
    <li class={`event ${row.replayed ? 'replayed' : ''}`} data-id={id}>
      <code class="id">{id}</code>
      <span class={`type ${type === 'message' ? 'plain' : ''}`}>{type}</span>
      <span class="latency" title={latencyMs === undefined ? 'The time of publication is not known.' : undefined}>
        {row.replayed && <span class="badge">replayed</span>}
        {latencyMs === undefined ? '–' : formatLatency(latencyMs)}
      </span>
      <Data text={data} />
    </li>
  );
}

export const EventItem = memo(Row);

function Data({ text }: { readonly text: string }) {
  const unfolded = useSignal(false);
  if (text === '') return <span class="data none">no data</span>;
  const folded = text.length > FOLD_AT && !unfolded.value;
  return (
    <span class="data">
      {folded ? `${text.slice(0, FOLD_AT).trimEnd()}…` : text}
      {text.length > FOLD_AT && (
        <button
          type="button"
          class="fold"
          aria-expanded={unfolded}
          onClick={() => {
            unfolded.value = !unfolded.value;
          }}
        >
          {folded ? `Show all ${text.length.toLocaleString('en')} characters` : 'Show less'}
        </button>
      )}
    </span>
  );
}
