import { createSseParser } from '../../packages/client/src/sse-parser.ts';
import type { StreamHandlers } from './lane.ts';

/** Feeds the text of one of our event streams to its handlers. The frame with only an id is the opening. */
export function createFrameReader({
  onOpen,
  onEvent,
  onReset,
}: Pick<StreamHandlers, 'onOpen' | 'onEvent' | 'onReset'>): (text: string) => void {
  const parse = createSseParser();
  let opened = false;
  return (text) => {
    for (const { id = '', event, data } of parse(text)) {
      if (event === 'reset') onReset(data ?? '');
      else if (data !== undefined) onEvent({ id, data });
      else if (!opened && id !== '') {
        opened = true;
        onOpen(id);
      }
    }
  };
}
