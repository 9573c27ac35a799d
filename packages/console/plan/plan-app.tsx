import { useSignal } from '@preact/signals';
import { BreakEven } from './break-even.tsx';
import { Costs } from './costs.tsx';
import { Inputs, Presets } from './inputs.tsx';
import { toFragment } from './link.ts';
import type { PlanModel } from './model.ts';
import { Advice, Verdict } from './recommendation.tsx';

export function PlanApp({ model }: { readonly model: PlanModel }) {
  const problems = model.problems.value;
  return (
    <>
      <header class="masthead">
        <div class="brand">
          <h1>realtime-lanes planner</h1>
          <p>Which way to deliver events on AWS, what it costs, and where it ends.</p>
        </div>
        <CopyLink model={model} />
      </header>
      {problems.length > 0 && (
        <div class="link-problems" role="alert">
          <p>Not all of this link can be used. Each value below is replaced by that of the preset.</p>
          <ul>
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
      <main>
        <Presets model={model} />
        <Verdict plan={model.plan.value} isSettled={model.isSettled.value} />
        <div class="columns">
          <Inputs model={model} />
          <div class="results">
            <Advice plan={model.plan.value} />
            <Costs answers={model.answers.value} />
            <BreakEven model={model} />
          </div>
        </div>
      </main>
    </>
  );
}

function CopyLink({ model }: { readonly model: PlanModel }) {
  const outcome = useSignal('');

  async function copy(): Promise<void> {
    const link = new URL(`#${toFragment(model.state.peek())}`, location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      outcome.value = 'Copied.';
    } catch {
      // Without HTTPS there is no clipboard, and a user may forbid it.
      history.replaceState(null, '', link);
      outcome.value = 'The browser does not let this page copy: take the link from the address bar.';
    }
  }

  return (
    <div class="copy-link">
      <button type="button" class="secondary" onClick={() => void copy()}>
        Copy link
      </button>
      <span role="status">{outcome}</span>
    </div>
  );
}
