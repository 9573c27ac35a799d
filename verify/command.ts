import { spawn } from 'node:child_process';
import { untilClosed } from '../local/process-group.ts';

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

const LINES_SHOWN = 10;

/** Runs programs until the signal aborts. The one that runs then has ended when the signal's reason is thrown: what it has made can be removed. */
export function runUntil(signal: AbortSignal): Run {
  return async (program, args) => {
    signal.throwIfAborted();
    // A process group of its own, so that what it has started ends with it.
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const printed: string[] = [];
    const said: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => printed.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
    const code = await untilClosed(child, signal);
    if (code === 0) return printed.join('').trim();
    const lastLines = [...printed, ...said].join('').trim().split('\n').slice(-LINES_SHOWN);
    throw new CommandError(`${program} ${args[0]}`, code, lastLines.join('\n'));
  };
}
