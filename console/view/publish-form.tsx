import { useSignal } from '@preact/signals';
import type { PublishRoute, Session } from '../model/session.ts';
import { formatLatency } from './format.ts';

/** Events of one burst: enough to see order, repeats and a replay at work. */
const BURST = 20;

type Outcome =
  | { readonly kind: 'published'; readonly text: string; readonly ids: string }
  | { readonly kind: 'failed'; readonly text: string };

export function PublishForm({ session }: { readonly session: Session }) {
  const type = useSignal('message');
  const data = useSignal('hello');
  const chosenRoute = useSignal<PublishRoute>('post');
  const busy = useSignal(false);
  const outcome = useSignal<Outcome | undefined>(undefined);
  const postable = session.ssePane.state.value.kind !== 'absent';
  const route = postable ? chosenRoute.value : 'websocket';

  async function publish(texts: readonly string[]): Promise<void> {
    if (busy.peek()) return;
    busy.value = true;
    const startedAtMs = performance.now();
    const answers = await Promise.allSettled(texts.map((text) => session.publish(type.peek().trim(), text, route)));
    outcome.value = describe(answers, performance.now() - startedAtMs);
    busy.value = false;
  }

  const publishOne = () => publish([data.peek()]);

  return (
    <form
      class="publish card"
      aria-label="Publish"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void publishOne();
      }}
    >
      <div class="field type-field">
        <label for="type">Type</label>
        <input
          id="type"
          value={type}
          onInput={(event) => {
            type.value = event.currentTarget.value;
          }}
          placeholder="message"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
        />
      </div>
      <div class="field data-field">
        <label for="data">
          Data <span class="hint">Enter publishes, Shift+Enter breaks the line</span>
        </label>
        <textarea
          id="data"
          rows={1}
          value={data}
          onInput={(event) => {
            data.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            // While an input method composes a character, Enter belongs to it.
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            void publishOne();
          }}
        />
      </div>
      {session.websocketLane !== undefined && (
        <div class="field route-field">
          <label for="route">Send by</label>
          <select
            id="route"
            value={route}
            onChange={(event) => {
              chosenRoute.value = event.currentTarget.value === 'websocket' ? 'websocket' : 'post';
            }}
          >
            <option value="post" disabled={!postable}>
              HTTP POST
            </option>
            <option value="websocket">WebSocket</option>
          </select>
        </div>
      )}
      <div class="publish-buttons">
        <button type="submit" class="primary" aria-disabled={busy}>
          Publish
        </button>
        <button
          type="button"
          class="secondary"
          aria-disabled={busy}
          onClick={() => void publish(Array.from({ length: BURST }, (_, index) => `${data.peek()} ${index + 1}/${BURST}`))}
        >
          Publish {BURST}
        </button>
      </div>
      <p class={`outcome ${outcome.value?.kind ?? 'none'}`} role="status">
        {outcome.value === undefined ? (
          'The answer to a publication appears here: its id, or what the server says is wrong.'
        ) : (
          <>
            {outcome.value.kind === 'published' && <code>{outcome.value.ids}</code>} {outcome.value.text}
          </>
        )}
      </p>
    </form>
  );
}

function describe(answers: readonly PromiseSettledResult<string>[], tookMs: number): Outcome {
  const ids = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const failure = answers.find((answer) => answer.status === 'rejected');
  if (failure !== undefined) {
    const reason = failure.reason instanceof Error ? failure.reason.message : String(failure.reason);
    return { kind: 'failed', text: answers.length === 1 ? reason : `${ids.length} of ${answers.length} published. ${reason}` };
  }
  if (ids.length === 1) return { kind: 'published', ids: ids.join(), text: `published in ${formatLatency(tookMs)}` };
  const ordered = ids.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return {
    kind: 'published',
    ids: `${ordered.at(0)} … ${ordered.at(-1)}`,
    text: `${ids.length} events published in ${formatLatency(tookMs)}`,
  };
}
