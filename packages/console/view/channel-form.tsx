import { useSignal } from '@preact/signals';
import { channelProblem } from '../channel.ts';

export interface ChannelFormProps {
  readonly channel: string;
  readonly onOpen: (channel: string) => void;
}

export function ChannelForm({ channel, onOpen }: ChannelFormProps) {
  const name = useSignal(channel);
  const problem = useSignal<string | undefined>(undefined);

  function submit(event: Event): void {
    event.preventDefault();
    const wanted = name.value.trim();
    problem.value = channelProblem(wanted);
    if (problem.value === undefined) onOpen(wanted);
  }

  return (
    <form class="channel-form" onSubmit={submit} noValidate>
      <label for="channel">Channel</label>
      <input
        id="channel"
        name="channel"
        value={name}
        onInput={(event) => {
          name.value = event.currentTarget.value;
          if (problem.value !== undefined) problem.value = channelProblem(name.value.trim());
        }}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        aria-invalid={problem.value !== undefined}
        aria-describedby="channel-problem"
      />
      <button type="submit" class="secondary">
        Open
      </button>
      <p id="channel-problem" class="field-problem" role="alert">
        {problem}
      </p>
    </form>
  );
}
