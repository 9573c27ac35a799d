import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Mode } from './rounds.ts';

/** One for each core of the machines that run CI. */
const BUSY_LOOPS = 2;

/** Whether a process can be kept on one core here. */
export function canPin(): boolean {
  return spawnSync('taskset', ['--version']).error === undefined;
}

/** A program and its arguments, with what has to stand before them in a mode. */
export function inMode(mode: Mode, command: readonly string[]): readonly string[] {
  return mode === 'pinned' ? ['taskset', '-c', String(firstCore()), ...command] : command;
}

/** The first core that this process may use: a container may not have core 0. */
function firstCore(): number {
  const [, core = '0'] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(core);
}

/** Keeps the machine as busy as the mode says. @returns what ends that */
export function load(mode: Mode): () => void {
  if (mode !== 'busy') return () => undefined;
  const loops = Array.from({ length: BUSY_LOOPS }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  return () => {
    for (const loop of loops) loop.kill('SIGKILL');
  };
}
