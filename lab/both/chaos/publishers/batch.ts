import type { BatchAnswer } from '../../../../packages/protocol/index.ts';
import type { PublishAttempt } from '../ledger.ts';

/** Publications of one channel that are sent together: the first one's key is the key of all. */
export type Batch = readonly [PublishAttempt, ...PublishAttempt[]];

/** The batch as every entrance takes it, apart from where channel and key are put. */
export function eventsOf(batch: Batch): { readonly events: readonly { readonly type: string; readonly data: string }[] } {
  return { events: batch.map(({ type, data }) => ({ type, data })) };
}

/** @throws Error if any event of the batch has no id: the whole batch is sent again with its key */
export function idsOf({ events }: BatchAnswer): readonly string[] {
  return events.map((result) => {
    if ('error' in result) throw new Error(`${result.error.code}: ${result.error.message}`);
    return result.id;
  });
}
