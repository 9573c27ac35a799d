import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const STDERR_CHARS = 2_000;

/** How long a server is waited for. */
export interface Patience {
  /** Until it listens or has said something. @default 20_000 */
  readonly startMs?: number;
  /** Until it has ended by itself; then it is killed. With thousands of sockets that takes a moment. @default 5_000 */
  readonly stopMs?: number;
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves with the first line of its standard output. */
  firstLine(): Promise<string>;
  /** Resolves when something listens there. */
  listening(port: number): Promise<void>;
  /** The last line of its standard output so far; empty where there was none. After {@link stop} nothing follows. */
  lastLine(): string;
  stop(): Promise<void>;
}

export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
}

export function startServerProcess(
  command: string,
  args: readonly string[],
  { startMs = 20_000, stopMs = 5_000 }: Patience = {},
): ServerProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr = (stderr + bytes.toString()).slice(-STDERR_CHARS);
  });
  const failed = failure(child, () => `${command} ${args.join(' ')}: ${stderr.trim()}`);
  // Nobody may be waiting for it when it happens.
  failed.catch(() => undefined);
  const lines = createInterface(child.stdout);
  let last = '';
  lines.on('line', (line) => {
    last = line;
  });
  const first = new Promise<string>((resolve) => lines.once('line', resolve));
  return {
    pid: child.pid ?? 0,
    firstLine: () => Promise.race([first, failed, timeLimit(command, startMs)]),
    listening: (port) => Promise.race([untilListening(port), failed, timeLimit(command, startMs)]),
    lastLine: () => last,
    stop: () => stop(child, stopMs),
  };
}

/** Rejects when the process ends, or never began. */
function failure(child: ChildProcess, describe: () => string): Promise<never> {
  return new Promise((_resolve, reject) => {
    child.on('error', (cause) => reject(new ServerStartError(`${describe()} (${cause.message})`, { cause })));
    child.on('exit', (code, signal) => reject(new ServerStartError(`${describe()} (ended with ${signal ?? code})`)));
  });
}

async function timeLimit(command: string, startMs: number): Promise<never> {
  await sleep(startMs, undefined, { ref: false });
  throw new ServerStartError(`${command} does not listen after ${startMs / 1_000} s`);
}

async function untilListening(port: number): Promise<void> {
  while (!(await accepts(port))) await sleep(20);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function stop(child: ChildProcess, stopMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  // Not its exit, which may come before its last line.
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await closed;
  clearTimeout(impatience);
}
