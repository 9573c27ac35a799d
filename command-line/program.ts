import { spawn } from 'node:child_process';
import { untilClosed } from './process-group.ts';

/** Runs a program to its end. Returns what it printed, trimmed. @throws CommandError */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

/** A program has failed. The message contains its last lines of output. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** The last lines of its output. */
  readonly said: string;

  constructor(command: string, code: number | null, said: string) {
    super(`${command} ended with ${code}:\n${said}`);
    this.said = said;
  }
}

interface RunOptions {
  /** @default that of this process */
  readonly cwd?: string;
  /** How many of the program's last lines are in the error. @default 10 */
  readonly linesShown?: number;
}

/**
 * Runs programs until the signal aborts. By the time the signal's reason is thrown, the current program has
 * ended, so its files can be removed.
 */
export function runUntil(signal: AbortSignal, { cwd, linesShown = 10 }: RunOptions = {}): Run {
  return async (program, args) => {
    signal.throwIfAborted();
    // A process group of its own, so that whatever it has started ends with it.
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
