import type { Schedule } from './explore.ts';

/** `14:22,31:40`: at place 14 step 22 is taken instead of the usual one. `usual` if none is. */
export function formatSchedule(schedule: Schedule): string {
  return schedule.size === 0 ? 'usual' : [...schedule].map(([at, id]) => `${at}:${id}`).join(',');
}

/** @returns undefined if the text is no schedule */
export function parseSchedule(text: string): Schedule | undefined {
  if (text === 'usual') return new Map();
  if (!/^\d+:\d+(,\d+:\d+)*$/.test(text)) return undefined;
  return new Map(text.split(',').map((pair) => pair.split(':').map(Number) as [number, number]));
}
