import { createLog, type Log } from '../../log.ts';

/** A log that keeps its text. */
export function testLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: createLog({ verbose: true, write: (text) => lines.push(text) }), lines };
}
