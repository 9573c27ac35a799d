import { formatSchedule } from './schedule.ts';
import type { Broken, Searched } from './search.ts';

export function describeSearched(name: string, { interleavings, completeUpTo, broken }: Searched): string {
  const all = completeUpTo === undefined ? 'not all without preemptions' : `all with at most ${completeUpTo} preemptions`;
  return `${broken === undefined ? 'kept' : 'BROKEN'}  ${name}: ${interleavings} interleavings, ${all}`;
}

export function describeMutation(name: string, { played, broken }: Pick<Searched, 'played' | 'broken'>): string {
  if (broken === undefined) return `NOT NOTICED  ${name}: ${played} interleavings`;
  return `noticed  ${name}: after ${played} interleavings, in "${broken.configuration}"  ${formatSchedule(broken.schedule)}`;
}

/** With the command that shows it again, and everything that happened. */
export function describeBroken({ configuration, schedule, error }: Broken): string {
  return `npm run explore -- --only "${configuration}" --replay ${formatSchedule(schedule)}\n\n${error.message}`;
}
