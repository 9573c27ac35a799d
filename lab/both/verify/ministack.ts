import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { freePort, LOOPBACK } from '../../../packages/assembly-local/loopback.ts';
import { eventually } from '../chaos/pause.ts';

/** The emulator did not come up. The message holds what it printed last. */
export class EmulatorError extends Error {
  override readonly name = 'EmulatorError';
}

export interface MiniStackOptions {
  /** The virtual environment that it is installed in. */
  readonly venv: string;
  /** Its home and temporary directory, and where it logs. */
  readonly directory: string;
  readonly region: string;
}

export interface MiniStack {
  readonly endpoint: string;
  /** The last lines of its log that are warnings or errors. */
  complaints(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const ACCOUNT = '000000000000';

const START_TIMEOUT_MS = 30_000;

/** It stops its functions in this time, or is killed with them. */
const STOP_TIMEOUT_MS = 5_000;

const COMPLAINTS_SHOWN = 20;

/**
 * Starts MiniStack on a free port of the loopback interface, and waits until it takes requests.
 * https://pypi.org/project/ministack
 * @throws EmulatorError
 */
export async function startMiniStack({ venv, directory, region }: MiniStackOptions): Promise<MiniStack> {
  const port = await freePort();
  const endpoint = `http://${LOOPBACK}:${port}`;
  const logFile = join(directory, 'ministack.log');
  const child = spawn(join(venv, 'bin', 'ministack'), {
    cwd: directory,
    // Nothing of ours: functions inherit it.
    env: {
      // Functions run under the Node that runs this.
      PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: directory,
      TMPDIR: directory,
      BIND_HOST: LOOPBACK,
      GATEWAY_PORT: String(port),
      // In the URLs of queues: no name that has to be resolved.
      MINISTACK_HOST: LOOPBACK,
      MINISTACK_ACCOUNT_ID: ACCOUNT,
      MINISTACK_REGION: region,
      // Services with ports of their own, which nothing here needs.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C is ours to hand on, after the clean-up, and its functions end with it.
    detached: true,
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const signalGroup = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, signal);
  };
  const complaints = async () => {
    const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => /\b(WARNING|ERROR|CRITICAL)\b/.test(line));
    return lines.slice(-COMPLAINTS_SHOWN);
  };
  const close = async () => {
    signalGroup('SIGTERM');
    const timer = setTimeout(() => signalGroup('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
    log.end();
    await once(log, 'close');
  };
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
  });
  const isReady = await eventually(async () => hasExited || (await isUp(endpoint)), START_TIMEOUT_MS, 100);
  if (!isReady || hasExited) {
    await close();
    throw new EmulatorError(
      `MiniStack did not start:\n${(await readFile(logFile, 'utf8')).split('\n').slice(-COMPLAINTS_SHOWN).join('\n')}`,
    );
  }
  return { endpoint, complaints, close };
}

async function isUp(endpoint: string): Promise<boolean> {
  return fetch(`${endpoint}/_ministack/ready`).then(
    (response) => response.ok,
    () => false,
  );
}
