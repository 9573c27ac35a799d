import { type Signal, useComputed, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { PublishInput } from '../../client/src/index.ts';
import { publishInOrder } from '../model/publish-in-order.ts';
import type { PublishRoute, Session } from '../model/session.ts';
import { type Publishing, PublishStatus } from './publish-status.tsx';

/** Events in one burst: enough to show order, repeats and a replay. */
const BURST = 20;

/** Removes the key instead of publishing data. */
const REMOVAL = Symbol('removal');

type Content = string | typeof REMOVAL;

export function PublishForm({ session }: { readonly session: Session }) {
  const type = useSignal('message');
  const conflationKey = useSignal('');
  const data = useSignal('hello');
  const chosenRoute = useSignal<PublishRoute>('post');
  const publishing = useSignal<Publishing | undefined>(undefined);
  const busy = useComputed(() => publishing.value?.kind === 'sending');
  const postable = session.ssePane.state.value.kind !== 'absent';
  const route = postable ? chosenRoute.value : 'websocket';

  async function publish(contents: readonly Content[]): Promise<void> {
    if (busy.peek()) return;
    const total = contents.length;
    publishing.value = { kind: 'sending', route, published: 0, total };
    const named = type.peek().trim();
    const key = conflationKey.peek().trim();
    const eventOf = (content: Content): PublishInput =>
      content === REMOVAL
        ? { conflationKey: key, removed: true }
        : { ...(named !== '' && { type: named }), ...(key !== '' && { conflationKey: key }), data: content };
    const outcome = await publishInOrder(
      contents,
      (content) => session.publish(eventOf(content), route),
      (published) => {
        publishing.value = { kind: 'sending', route, published, total };
      },
    );
    publishing.value = { ...outcome, total };
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
      <NameField class="type-field" id="type" value={type} placeholder="message">
        Type
      </NameField>
      <NameField class="key-field" id="conflation-key" value={conflationKey} placeholder="none">
        Key <span class="hint">for latest</span>
      </NameField>
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
        {conflationKey.value.trim() !== '' && (
          <button type="button" class="secondary" aria-disabled={busy} onClick={() => void publish([REMOVAL])}>
            Remove key
          </button>
        )}
      </div>
      <PublishStatus publishing={publishing.value} websocket={session.websocketPane.state.value.kind} />
    </form>
  );
}

interface NameFieldProps {
  readonly class: string;
  readonly id: string;
  readonly value: Signal<string>;
  readonly placeholder: string;
  /** The label. */
  readonly children: ComponentChildren;
}

function NameField({ class: name, id, value, placeholder, children }: NameFieldProps) {
  return (
    <div class={`field ${name}`}>
      <label for={id}>{children}</label>
      <input
        id={id}
        value={value}
        onInput={(event) => {
          value.value = event.currentTarget.value;
        }}
        placeholder={placeholder}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
      />
    </div>
  );
}
