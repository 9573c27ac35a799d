import { useChannel, useConnectionStatus, usePublish } from '@realtime-lanes/react';
import type { FormEvent } from 'react';

export function Chat({ room }: { readonly room: string }) {
  const { events, error } = useChannel(room);
  const { publish, pending } = usePublish(room, events);
  const { status, retryNow } = useConnectionStatus();

  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    publish({ data: String(new FormData(form).get('text')) });
    form.reset();
  }

  return (
    <section aria-label={room}>
      <p role="status">{status}</p>
      {status === 'waiting' && (
        <button type="button" onClick={retryNow}>
          Try again
        </button>
      )}
      {error && <p role="alert">{error.message}</p>}
      <ol>
        {events.map((event) => (
          <li key={event.id}>{event.data}</li>
        ))}
        {pending.map((sent) => (
          <li key={sent.key} style={{ opacity: 0.5 }}>
            {sent.data}{' '}
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
