import { parsePosition } from '../../../../packages/protocol/cursor.ts';
import type { Heads } from '../../task/protocol.ts';
import type { TaskProcess } from '../../task/task-process.ts';
import type { Service } from '../publishing.ts';

/** JSON writes each of these characters as six bytes, so a page of 1 MiB of data becomes 6 MiB of answer. */
const PAGE = { channels: ['noise.page'], events: 50, text: '\u0001', times: 21_000 };

export function fillBigPage(task: TaskProcess): Promise<Heads> {
  return task.call('fill', PAGE);
}

/** The path of a poll that is answered with the page, and its headers. */
export function bigPagePoll(
  heads: Heads,
  { token }: Service,
): { readonly path: string; readonly headers: Readonly<Record<string, string>> } {
  const [[channel, newest] = ['', '']] = Object.entries(heads);
  const { epoch } = parsePosition(newest);
  return {
    path: `/v1/events?channel=${channel}&after=${epoch}.0`,
    headers: { Accept: 'application/json', Authorization: `Bearer ${token}` },
  };
}
