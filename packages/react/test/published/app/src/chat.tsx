import { useChannel, useConnectionStatus, usePublish } from '@realtime-lanes/react';
import type { FormEvent } from 'react';

export function Chat({ room }: { readonly room: string }) {
  const { events, error } = useChannel(room);
  const { publish, pending } = usePublish(room, events);
  const { status } = useConnectionStatus();

  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    publish({ data: String(new FormData(event.currentTarget).get('text')) });
    event.currentTarget.reset();
  };

  return (
    <section aria-label={room}>
      <p role="status">{error?.message ?? status}</p>
      <ol>
        {events.map(({ id, data }) => (
          <li key={id}>{data}</li>
        ))}
        {pending.map((sent) => (
          <li key={sent.key} style={{ opacity: 0.5 }}>
            {sent.data}
            {sent.error && (
              <button type="button" onClick={() => publish(sent)}>
                Send again
              </button>
            )}
          </li>
        ))}
      </ol>
      <form onSubmit={send}>
        <input name="text" aria-label="Text" />
      </form>
    </section>
  );
}
