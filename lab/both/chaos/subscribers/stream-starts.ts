import type { FetchLike, FetchLikeResponse } from 'eventsource';
import type { Journal } from '../journal.ts';
import { parseCompositeId } from '../position.ts';

/**
 * A `fetch` for EventSource that notes where a stream without a cursor begins: the frame that holds only an id, which
 * EventSource shows to nobody (and the npm package does not even keep).
 */
export function observeStarts(journals: readonly Journal[], onStart: (id: string) => void): { readonly fetch: FetchLike } {
  const channels = journals.map(({ channel }) => channel);
  return {
    async fetch(url, init) {
      const resumes = init.headers['Last-Event-ID'] !== undefined || new URL(String(url)).searchParams.has('lastEventId');
      const started = resumes ? [] : journals.map((journal) => ({ journal, established: journal.start() }));
      const response = await fetch(url, init as RequestInit);
      if (resumes || response.body === null) return response;
      let text: string | undefined = '';
      const decoder = new TextDecoder();
      return watched(response, (chunk) => {
        if (text === undefined) return;
        text += decoder.decode(chunk, { stream: true });
        const [, id] = /^id: (.*)\n/m.exec(text) ?? [];
        if (id === undefined) return;
        text = undefined;
        onStart(id);
        const positions = parseCompositeId(id, channels);
        for (const { journal, established } of started) established(positions.get(journal.channel));
      });
    },
  };
}

function watched(response: Response, onChunk: (chunk: Uint8Array) => void): FetchLikeResponse {
  const { url, status, redirected, headers } = response;
  const reader = response.body?.getReader();
  const read = async () => {
    const result = await reader?.read();
    if (result?.value !== undefined) onChunk(result.value);
    return result ?? { done: true as const, value: undefined };
  };
  return { url, status, redirected, headers, body: { getReader: () => ({ read, cancel: async () => reader?.cancel() }) as never } };
}
