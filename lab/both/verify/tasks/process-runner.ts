import type { Log } from '../../../../packages/assembly-local/log.ts';
import { readDockerfile } from '../../../../packages/assembly-local/tasks/dockerfile.ts';
import { READ_ONLY_FILE_SYSTEM } from '../../../../packages/assembly-local/tasks/read-only.ts';
import { Task } from '../../../../packages/assembly-local/tasks/task.ts';
import type { TaskRunner } from './task-runner.ts';

/**
 * Runs each task as a process: what the Dockerfile says to run, where its files lie.
 * @param imageDirectory the staged directory that the image would be built from
 */
export function processRunner(imageDirectory: string, log: Log): TaskRunner {
  const { command, env: imageEnv } = readDockerfile(imageDirectory);
  const [, ...nodeArguments] = command;
  return {
    description: 'as processes, from the files of the image',
    async start({ id, arn, port, env }) {
      const task = new Task({
        id,
        arn,
        port,
        nodeArguments: [...READ_ONLY_FILE_SYSTEM, ...nodeArguments],
        directory: imageDirectory,
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...imageEnv, ...env },
        log,
      });
      return {
        id,
        arn,
        port,
        hasExited: () => task.status === 'STOPPED',
        exited: task.exited,
        stop: (timeoutMs) => task.stop(timeoutMs),
        kill: async () => task.kill(),
      };
    },
    close: async () => undefined,
  };
}
