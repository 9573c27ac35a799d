import { useSignal } from '@preact/signals';
import type { EventRow } from '../model/pane.ts';
import { formatLatency } from './format.ts';

/** Longer data is folded: a hundred rows of the largest event would have ten million characters. */
const FOLD_AT = 280;

export function EventItem({ row }: { readonly row: EventRow }) {
  const { id, type, data } = row.event;
  const latencyMs = row.latencyMs.value;
  return (
    <li class={`event ${row.replayed ? 'replayed' : ''}`} data-id={id}>
      <code class="id">{id}</code>
      <span class={`type ${type === 'message' ? 'plain' : ''}`}>{type}</span>
      <span class="latency" title={latencyMs === undefined ? 'The time of publication is not known.' : undefined}>
        {latencyMs === undefined ? '–' : formatLatency(latencyMs)}
      </span>
      <Data text={data} replayed={row.replayed} />
    </li>
  );
}

function Data({ text, replayed }: { readonly text: string; readonly replayed: boolean }) {
  const unfolded = useSignal(false);
  const foldable = text.length > FOLD_AT;
  const folded = foldable && !unfolded.value;
  return (
    <div class="data">
      {replayed && <span class="badge">replayed</span>}
      <span class={text === '' ? 'text none' : 'text'}>
        {text === '' ? 'no data' : folded ? `${text.slice(0, FOLD_AT).trimEnd()}…` : text}
      </span>
      {foldable && (
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
    </div>
  );
}
