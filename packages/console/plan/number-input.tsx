import { useSignal } from '@preact/signals';
import { formatNumber } from '../../planner/src/format.ts';
import { InvalidWorkloadError, NUMBERS, type NumberId, type Workload } from '../../planner/src/workload.ts';
import { changeNumber, tiedTo } from './change.ts';
import { placeOf, stopsOf } from './stops.ts';

interface NumberInputProps {
  readonly id: NumberId;
  readonly workload: Workload;
  readonly onChange: (workload: Workload) => void;
}

/** A slider over round values on a log scale, and a field for any other. */
export function NumberInput({ id, workload, onChange }: NumberInputProps) {
  /** What is typed, as long as it is not left or not valid. */
  const draft = useSignal<string | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const { label, unit, help } = NUMBERS[id];
  const value = workload[id];
  const stops = stopsOf(workload, id);
  const tied = tiedTo(workload, id);

  function type(text: string): void {
    draft.value = text;
    try {
      onChange(changeNumber(workload, id, text.trim() === '' ? Number.NaN : Number(text)));
      problem.value = undefined;
    } catch (error) {
      if (!(error instanceof InvalidWorkloadError)) throw error;
      const allowed = error.problems.find(({ input }) => input === id)?.allowed ?? error.message;
      problem.value = `This is not valid: ${allowed}. The plan is of ${formatNumber(value)}.`;
    }
  }

  function slide(place: number): void {
    draft.value = undefined;
    problem.value = undefined;
    onChange(changeNumber(workload, id, stops[place] ?? value));
  }

  return (
    <div class="number">
      <label for={id}>{label}</label>
      <span class="with-unit">
        <input
          id={id}
          type="number"
          step="any"
          inputMode="decimal"
          value={draft.value ?? String(value)}
          aria-invalid={problem.value !== undefined}
          aria-describedby={`${id}-help ${id}-problem`}
          onInput={(event) => type(event.currentTarget.value)}
          onBlur={() => {
            if (problem.value === undefined) draft.value = undefined;
          }}
        />
        <span class="unit">{unit}</span>
      </span>
      <input
        type="range"
        min={0}
        max={stops.length - 1}
        value={placeOf(stops, value)}
        aria-label={label}
        aria-valuetext={`${formatNumber(value)} ${unit}`}
        aria-describedby={`${id}-help`}
        onInput={(event) => slide(event.currentTarget.valueAsNumber)}
      />
      <p class="help" id={`${id}-help`}>
        {help}
        {tied.length > 0 && <>; moves with it: {tied.join(', ').toLowerCase()}</>}
      </p>
      <p class="field-problem" id={`${id}-problem`} role="alert">
        {problem}
      </p>
    </div>
  );
}
