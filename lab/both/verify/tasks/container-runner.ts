import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Run, runUntil } from '../../../../command-line/program.ts';
import { type Log, logOutput } from '../../../../packages/assembly-local/log.ts';
import type { DeployedContainer } from '../deployment.ts';
import { UnavailableError } from '../unavailable.ts';
import { buildImage, type UnpackedImage } from './image.ts';
import { userIn } from './passwd.ts';
import type { RunningTask, TaskRunner, TaskStart } from './task-runner.ts';

/** Debian packages of the same names have them. */
const TOOLS = ['buildah', 'runc', 'debootstrap'];

/**
 * @throws UnavailableError unless this is a Linux whose root runs this, with the programs that build and run containers
 */
export function requireContainerTools(path = process.env['PATH'] ?? '', isRoot = process.getuid?.() === 0): void {
  const missing = TOOLS.filter((tool) => !path.split(delimiter).some((directory) => isExecutable(join(directory, tool))));
  const reasons = [
    ...(process.platform === 'linux' ? [] : ['it needs Linux']),
    ...(isRoot ? [] : ['it needs root, to make the base image and to run containers']),
    ...(missing.length === 0 ? [] : [`there is no ${missing.join(', no ')} on the PATH (on Debian: apt-get install ${missing.join(' ')})`]),
  ];
  if (reasons.length > 0) throw new UnavailableError(`no image was built: ${reasons.join('; ')}`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface ContainerRunnerOptions {
  /** The staged directory with the Dockerfile. */
  readonly imageDirectory: string;
  /** Gets what is built, and what containers need to run. The caller removes it. */
  readonly directory: string;
  /** What the deployed task definition says of the container. */
  readonly container: DeployedContainer;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Builds the image of the service by its Dockerfile, and runs each task in a container of it. */
export async function containerRunner(options: ContainerRunnerOptions): Promise<ContainerRunner> {
  const { imageDirectory, directory, container, log, signal } = options;
  await mkdir(directory);
  const run = runUntil(signal);
  const image = await buildImage(imageDirectory, directory, run);
  const passwd = await readFile(join(image.root, 'etc/passwd'), 'utf8');
  const user = userIn(passwd, container.user ?? image.user);
  return new ContainerRunner({ image, user, container, directory, log });
}

interface ContainerRunnerParts {
  readonly image: UnpackedImage;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly container: DeployedContainer;
  readonly directory: string;
  readonly log: Log;
}

/**
 * Containers by runc: namespaces of their own for processes, files and names, no capability, the user and the read-only root
 * file system of the task definition. They share this machine's network, where the emulator is.
 */
export class ContainerRunner implements TaskRunner {
  readonly description: string;
  readonly #parts: ContainerRunnerParts;
  readonly #runc: Run;

  constructor(parts: ContainerRunnerParts) {
    const { user, container, directory } = parts;
    this.#parts = parts;
    // Never cut short: containers are to be removed when everything else has ended.
    const run = runUntil(new AbortController().signal);
    this.#runc = (command, args) => run('runc', ['--root', join(directory, 'runc'), command, ...args]);
    const files = container.readonlyRootFilesystem ? 'read-only' : 'writable';
    this.description = `in containers of the image that fargate/sse/Dockerfile makes, as user ${user.uid}, with ${files} files and no capability`;
  }

  async start({ id, arn, port, env }: TaskStart): Promise<RunningTask> {
    const { directory, log } = this.#parts;
    const bundle = join(directory, 'bundles', id);
    await mkdir(bundle, { recursive: true });
    await writeFile(join(bundle, 'config.json'), JSON.stringify(this.#config(env)));
    // A process group of its own: Ctrl-C is ours to hand on.
    const child = spawn('runc', ['--root', join(directory, 'runc'), 'run', '--bundle', bundle, id], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    logOutput(log, `task ${id.slice(0, 8)}`, child);
    let hasExited = false;
    const exited = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => {
        hasExited = true;
        resolve(code ?? 1);
      });
    });
    const signal = (name: 'TERM' | 'KILL') => this.#runc('kill', [id, name]);
    const kill = async () => {
      // One that has just exited cannot be killed, which is as good.
      await signal('KILL').catch(() => undefined);
    };
    return {
      id,
      arn,
      port,
      hasExited: () => hasExited,
      exited,
      kill,
      async stop(timeoutMs) {
        await signal('TERM');
        const timer = setTimeout(() => void kill(), timeoutMs);
        await exited;
        clearTimeout(timer);
      },
    };
  }

  /** Runs a program in the container of a task, as its user. @returns what it printed */
  execute(taskId: string, ...args: readonly string[]): Promise<string> {
    return this.#runc('exec', [taskId, ...args]);
  }

  /** The files go with the directory that they were made in: nothing is mounted. */
  async close(): Promise<void> {}

  /** https://github.com/opencontainers/runtime-spec/blob/v1.0.2/config.md */
  #config(env: TaskStart['env']): object {
    const { image, user, container } = this.#parts;
    const nothing = { bounding: [], effective: [], permitted: [] };
    return {
      ociVersion: '1.0.2',
      process: {
        user,
        args: image.command,
        env: [...image.env, ...Object.entries(env).map(([key, value]) => `${key}=${value}`)],
        cwd: image.workingDirectory,
        capabilities: nothing,
        noNewPrivileges: true,
      },
      root: { path: image.root, readonly: container.readonlyRootFilesystem },
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc' },
        { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
      ],
      linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })) },
    };
  }
}
