import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { type Answer, type Plan, plan, rankedAnswers } from '../../planner/src/plan.ts';
import { workloadOf } from '../../planner/src/presets.ts';
import type { PresetId, Workload } from '../../planner/src/workload.ts';
import { type Chart, chartOf, optionsToCompare } from './chart.ts';
import { fromFragment, type PlanState } from './link.ts';

/** A whole plan takes some thousand bills: it waits until a slider rests. */
const REST_MS = 150;

/** The planner page's state. Bills follow every input at once; the recommendation and the plot follow when inputs rest. */
export class PlanModel {
  readonly state: ReadonlySignal<PlanState>;
  /** What of the opened link could not be used. */
  readonly problems: ReadonlySignal<readonly string[]>;
  /** Counts what replaces all inputs, so that fields forget what was typed. */
  readonly replaced: ReadonlySignal<number>;
  readonly answers: ReadonlySignal<readonly Answer[]>;
  readonly plan: ReadonlySignal<Plan>;
  readonly chart: ReadonlySignal<Chart>;
  /** Whether the plan is of the inputs as they are. */
  readonly isSettled: ReadonlySignal<boolean>;

  readonly #state: Signal<PlanState>;
  readonly #problems: Signal<readonly string[]>;
  readonly #replaced = signal(0);

  /** @param today as YYYY-MM-DD */
  constructor(fragment: string, today: string) {
    const opened = fromFragment(fragment);
    const state = signal(opened.state);
    const settled = signal(opened.state);
    this.#state = state;
    this.#problems = signal(opened.problems);
    this.state = state;
    this.problems = this.#problems;
    this.replaced = this.#replaced;
    this.answers = computed(() => rankedAnswers(state.value.workload));
    this.plan = computed(() => plan(settled.value.workload, today));
    this.chart = computed(() => {
      const { workload, along, compared } = settled.value;
      return chartOf(workload, along, compared ?? optionsToCompare(this.plan.value));
    });
    this.isSettled = computed(() => state.value === settled.value);
    effect(() => {
      const next = state.value;
      const timer = setTimeout(() => {
        settled.value = next;
      }, REST_MS);
      return () => clearTimeout(timer);
    });
  }

  readonly set = (changes: Partial<PlanState>): void => {
    this.#problems.value = [];
    this.#state.value = { ...this.#state.peek(), ...changes };
  };

  readonly setWorkload = (changes: Partial<Workload>): void => this.set({ workload: { ...this.#state.peek().workload, ...changes } });

  /** Replaces every input but the Region. */
  readonly choosePreset = (preset: PresetId): void => {
    const { region } = this.#state.peek().workload;
    this.#replaced.value++;
    this.set({ workload: workloadOf(preset, { region }), compared: undefined });
  };

  /** Takes everything from a link. */
  readonly open = (fragment: string): void => {
    const { state, problems } = fromFragment(fragment);
    this.#replaced.value++;
    this.set(state);
    this.#problems.value = problems;
  };
}
