import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';

type CommandLine = readonly [command: string, args: readonly string[]];

/** The command on the first core, where there are others and `taskset` is installed: clients then do not take what the server needs. */
export function onFirstCore(command: string, args: readonly string[]): CommandLine {
  return canPin() ? ['taskset', ['--cpu-list', '0', command, ...args]] : [command, args];
}

/** The command on all cores but the first. */
export function besideFirstCore(command: string, args: readonly string[]): CommandLine {
  return canPin() ? ['taskset', ['--cpu-list', `1-${availableParallelism() - 1}`, command, ...args]] : [command, args];
}

export function canPin(): boolean {
  return availableParallelism() > 1 && isInstalled('taskset');
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
