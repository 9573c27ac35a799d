import { REGIONS } from '../../planner/src/data/prices.ts';
import { DEPLOYED_STAGES } from '../../planner/src/deployed.ts';
import { PRESETS } from '../../planner/src/presets.ts';
import { eventsNote } from '../../planner/src/text.ts';
import { NEEDS, type NeedId, type NumberId, PRESET_IDS } from '../../planner/src/workload.ts';
import type { PlanModel } from './model.ts';
import { NumberInput } from './number-input.tsx';

/** What most workloads differ in; the others are folded away. */
const FIRST: readonly NumberId[] = ['connections', 'eventsPerSecond', 'fanOut', 'eventBytes', 'clientMessagesPerSecond', 'deliverWithinMs'];
const MORE: readonly NumberId[] = [
  'averageConnections',
  'subscriptionsPerConnection',
  'clientMessageBytes',
  'reconnectsPerDay',
  'pollIntervalSeconds',
  'hoursPerMonth',
];

export function Presets({ model }: { readonly model: PlanModel }) {
  const { preset } = model.state.value.workload;
  return (
    <fieldset class="presets">
      <legend>Start from a use case</legend>
      {PRESET_IDS.map((id) => (
        <label key={id}>
          <input type="radio" name="preset" value={id} checked={id === preset} onChange={() => model.choosePreset(id)} />
          <span>{PRESETS[id].label}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function Inputs({ model }: { readonly model: PlanModel }) {
  const { workload } = model.state.value;
  const numbers = (ids: readonly NumberId[]) =>
    ids.map((id) => (
      <NumberInput
        key={`${id} ${model.replaced.value}`}
        id={id}
        workload={workload}
        onChange={(changed) => model.set({ workload: changed })}
      />
    ));
  return (
    <form class="inputs card" aria-label="Workload" noValidate onSubmit={(event) => event.preventDefault()}>
      <div class="inputs-head">
        <h2>Workload</h2>
        <button type="button" class="secondary" onClick={() => model.choosePreset(workload.preset)}>
          Reset<span class="visually-hidden"> to {PRESETS[workload.preset].label}</span>
        </button>
      </div>
      {numbers(FIRST)}
      {eventsNote(workload).map((note) => (
        <p key={note} class="help">
          {note}
        </p>
      ))}
      <fieldset class="needs">
        <legend>Needs</legend>
        {(Object.keys(NEEDS) as NeedId[]).map((id) => (
          <label key={id}>
            <input type="checkbox" checked={workload[id]} onChange={(event) => model.setWorkload({ [id]: event.currentTarget.checked })} />
            <span>{NEEDS[id]}</span>
          </label>
        ))}
      </fieldset>
      <details>
        <summary>More inputs</summary>
        {numbers(MORE)}
        <Choice
          label="Stage, whose resources are billed"
          values={DEPLOYED_STAGES}
          value={workload.stage}
          onChange={(stage) => model.setWorkload({ stage })}
        />
        <Choice label="Region" values={REGIONS} value={workload.region} onChange={(region) => model.setWorkload({ region })} />
      </details>
    </form>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly values: readonly T[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

function Choice<T extends string>({ label, values, value, onChange }: ChoiceProps<T>) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {values.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}
