import { useSignal } from '@preact/signals';
import type { EventRow } from '../model/pane.ts';
import { formatLatency } from './format.ts';

/** Longer data is folded: a hundred rows of the largest event would have ten million characters. */
const FOLD_AT = 280;

export function EventItem({ row }: { readonly row: EventRow }) {
  const { id, type, data, encoding } = row.event;
  const latencyMs = row.latencyMs.value;
  return (
    <li class={`event ${row.replayed ? 'replayed' : ''}`} data-id={id}>
      <code class="id">{id}</code>
      <span class={`type ${type === 'message' ? 'plain' : ''}`}>{type}</span>
      <span
        class="latency"
        title={latencyMs === undefined ? 'The time of publication is not known, or the event is from the history.' : undefined}
      >
        {latencyMs === undefined ? '–' : formatLatency(latencyMs)}
      </span>
      <Data text={data} badges={[...(row.replayed ? ['replayed'] : []), ...(encoding ? [encoding] : [])]} />
    </li>
  );
}

function Data({ text, badges }: { readonly text: string; readonly badges: readonly string[] }) {
  const unfolded = useSignal(false);
  const foldable = text.length > FOLD_AT;
  const folded = foldable && !unfolded.value;
  return (
    <div class="data">
      {badges.map((badge) => (
        <span key={badge} class="badge">
          {badge}
        </span>
      ))}
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
