import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a program to its end. Answers what it printed; rejects with what it said when it fails, or when it was cut short. */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

/** Programs that build images print thousands of lines. */
const MAX_OUTPUT_BYTES = 64 * 2 ** 20;

export function runUntil(signal: AbortSignal): Run {
  return async (program, args) => {
    // Not all of them end by SIGTERM, and what they leave is in a directory that is removed.
    const { stdout } = await promisify(execFile)(program, args, { signal, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES });
    return stdout.trim();
  };
}
