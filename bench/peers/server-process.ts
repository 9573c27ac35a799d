import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const START_TIMEOUT_MS = 20_000;

/** A server with thousands of sockets takes a moment to close them. */
const STOP_TIMEOUT_MS = 5_000;

const STDERR_CHARS = 2_000;

/** A server in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves with the first line of its standard output. */
  firstLine(): Promise<string>;
  /** Resolves when something listens there. */
  listening(port: number): Promise<void>;
  stop(): Promise<void>;
}

export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
}

export function startServerProcess(command: string, args: readonly string[]): ServerProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr = (stderr + bytes.toString()).slice(-STDERR_CHARS);
  });
  const failed = failure(child, () => `${command} ${args.join(' ')}: ${stderr.trim()}`);
  // Nobody may be waiting for it when it happens.
  failed.catch(() => undefined);
  const line = new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
  return {
    pid: child.pid ?? 0,
    firstLine: () => Promise.race([line, failed, timeLimit(command)]),
    listening: (port) => Promise.race([untilListening(port), failed, timeLimit(command)]),
    stop: () => stop(child),
  };
}

/** Rejects when the process ends, or never began. */
function failure(child: ChildProcess, describe: () => string): Promise<never> {
  return new Promise((_resolve, reject) => {
    child.on('error', (cause) => reject(new ServerStartError(`${describe()} (${cause.message})`, { cause })));
    child.on('exit', (code, signal) => reject(new ServerStartError(`${describe()} (ended with ${signal ?? code})`)));
  });
}

async function timeLimit(command: string): Promise<never> {
  await sleep(START_TIMEOUT_MS, undefined, { ref: false });
  throw new ServerStartError(`${command} does not listen after ${START_TIMEOUT_MS / 1_000} s`);
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

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(impatience);
}
