import { spawn } from 'node:child_process';
import { untilClosed } from './process-group.ts';

/** Runs a program to its end. Answers what it printed, without the white space around it. @throws CommandError */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

/** A program has failed. The message holds what it printed last. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** Its last lines. */
  readonly said: string;

  constructor(command: string, code: number | null, said: string) {
    super(`${command} ended with ${code}:\n${said}`);
    this.said = said;
  }
}

interface RunOptions {
  /** @default that of this process */
  readonly cwd?: string;
  /** How much of what a program said last is in the error. @default 10 */
  readonly linesShown?: number;
}

/** Runs programs until the signal aborts. The one that runs then has ended when the signal's reason is thrown: what it has made can be removed. */
export function runUntil(signal: AbortSignal, { cwd, linesShown = 10 }: RunOptions = {}): Run {
  return async (program, args) => {
    signal.throwIfAborted();
    // A process group of its own, so that what it has started ends with it.
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const printed: string[] = [];
    const said: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => printed.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
    const code = await untilClosed(child, signal);
    if (code === 0) return printed.join('').trim();
    const lastLines = [...printed, ...said].join('').trim().split('\n').slice(-linesShown);
    throw new CommandError(`${program} ${args[0]}`, code, lastLines.join('\n'));
  };
}
