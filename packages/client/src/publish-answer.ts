import { LanesError } from './errors.ts';
import type { PublishAnswer, Published } from './types.ts';

/**
 * The acknowledgements of what was published, in its order.
 * @throws LanesError if an event of a batch is not acknowledged: it is published with the same key again
 */
export function acknowledged(answer: PublishAnswer): readonly Published[] {
  if (!('events' in answer)) return [answer];
  const { channel, events } = answer;
  return events.map((result) => {
    if ('error' in result) {
      const { code, message } = result.error;
      throw new LanesError(code, message, { final: code === 'too_many_keys' });
    }
    return { channel, id: '', ...result };
  });
}
