import type { LocalRun } from './run.ts';

/** An output of the app, whichever stack has it. @throws RangeError if no stack has it, or it is not text */
export function outputOf({ outputs }: Pick<LocalRun, 'outputs'>, key: string): string {
  const value = Object.values(outputs)
    .map((ofStack) => ofStack[key])
    .find((found) => typeof found === 'string');
  if (typeof value !== 'string') throw new RangeError(`the app has no output ${key}`);
  return value;
}
