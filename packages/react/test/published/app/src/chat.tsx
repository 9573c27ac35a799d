import { useChannel, usePresence, usePublish } from '@realtime-lanes/react';
import type { FormEvent } from 'react';

export function Chat({ room }: { readonly room: string }) {
  const feed = useChannel(room);
  const { members } = usePresence(feed, '');
  const { publish, pending } = usePublish(room, feed.events);

  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    publish({ data: String(new FormData(event.currentTarget).get('text')) });
    event.currentTarget.reset();
  };

  return (
    <section aria-label={room}>
      <p role="status">{feed.error?.message ?? feed.status}</p>
      <p title="Present">{[...members.keys()].join(', ')}</p>
      <ol>
        {feed.events.map(({ id, data }) => (
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
