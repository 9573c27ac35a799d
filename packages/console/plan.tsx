import { effect } from '@preact/signals';
import { options, render } from 'preact';
import { toFragment } from './plan/link.ts';
import { PlanModel } from './plan/model.ts';
import { PlanApp } from './plan/plan-app.tsx';

options.debounceRendering = requestAnimationFrame;

const model = new PlanModel(location.hash.slice(1), new Date().toISOString().slice(0, 10));

addEventListener('hashchange', () => model.open(location.hash.slice(1)));

// Only when inputs rest: Safari allows 100 changes of the address in 30 s. The address that was opened stays until then, wrong values included.
const opened = model.state.peek();
effect(() => {
  const state = model.state.value;
  if (model.isSettled.value && state !== opened && model.problems.value.length === 0)
    history.replaceState(null, '', `#${toFragment(state)}`);
});

render(<PlanApp model={model} />, document.getElementById('app') as HTMLElement);
