import type { EventLog, Head } from '../../backbone/ports.ts';

/** The head of a channel that has been used. */
export async function headOf(log: EventLog, channel: string): Promise<Head> {
  const head = await log.head(channel);
  if (head === undefined) throw new Error(`channel ${channel} was never used`);
  return head;
}
