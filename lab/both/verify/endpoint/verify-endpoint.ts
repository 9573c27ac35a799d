import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endpointEnvironment, withoutAws } from '../../../../command-line/endpoint.ts';
import { untilClosed } from '../../../../command-line/process-group.ts';
import { INTERRUPTED } from '../../../../command-line/stop.ts';
import { stackName } from '../../../../lib/stack-names.ts';
import { type CallAws, callAwsWith } from '../aws.ts';
import { type Item, newSince, takeInventory } from '../inventory.ts';
import { ministackEnvironment } from '../python.ts';
import { type RunningEmulator, startRunningEmulator } from './running-emulator.ts';

export interface VerifyEndpointOptions {
  readonly stage: string;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The command has not done what it promises for an emulator that is running already. */
export class BrokenPromiseError extends Error {
  override readonly name = 'BrokenPromiseError';
}

const PROGRAM = join(import.meta.dirname, '../main.ts');

/** Somebody else's stack, as a template. */
const STRANGER = JSON.stringify({ Resources: { Queue: { Type: 'AWS::SQS::Queue' } } });

/** What `cdk bootstrap` makes, and the runs leave for the next one. */
const KIND_OF_TOOLKIT = /CDKToolkit|cdk-hnb659fds/;

/** @throws BrokenPromiseError, UnavailableError, or the signal's reason */
export async function verifyEndpoint({ stage, print, signal }: VerifyEndpointOptions): Promise<void> {
  const venv = await ministackEnvironment(signal);
  const directory = await mkdtemp(join(tmpdir(), 'realtime-lanes-endpoint-'));
  let emulator: RunningEmulator | undefined;
  try {
    emulator = await startRunningEmulator(venv, directory);
    const callAws = callAwsWith(venv, endpointEnvironment(emulator, 'us-east-1', {}));
    const run = runnerOf(emulator, stage, print, signal);
    await refusesForeignStacks(run, callAws, stackName({ id: stage }, 'backbone'));
    await removesWhatItMade(run, callAws);
    await leavesTheOthers(run, callAws);
    print(`verified against ${emulator.url}`);
  } finally {
    await emulator?.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** Runs the command, and interrupts it once it prints such a line. */
type RunCommand = (interruptAt?: RegExp) => Promise<{ readonly code: number | null; readonly output: string }>;

function runnerOf({ url, caFile }: RunningEmulator, stage: string, print: (line: string) => void, signal: AbortSignal): RunCommand {
  return async (interruptAt) => {
    const child = spawn(process.execPath, [PROGRAM, '--stage', stage, '--endpoint', url, '--ca', caFile], {
      env: withoutAws(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const lines: string[] = [];
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        lines.push(line);
        print(`  ${line}`);
        if (interruptAt?.test(line)) child.kill('SIGINT');
      });
    }
    return { code: await untilClosed(child, signal), output: lines.join('\n') };
  };
}

async function refusesForeignStacks(run: RunCommand, callAws: CallAws, name: string): Promise<void> {
  await stack(callAws, 'create_stack', { StackName: name, TemplateBody: STRANGER });
  const before = await takeInventory(callAws);
  const { code, output } = await run();
  check(code === 1 && output.includes(`ExistingStacksError: `) && output.includes(name), `${name} exists: it ended with ${code}`);
  check(same((await takeInventory(callAws)).items, before.items), `${name} exists, and something was changed`);
  await stack(callAws, 'delete_stack', { StackName: name });
}

async function removesWhatItMade(run: RunCommand, callAws: CallAws): Promise<void> {
  const before = await takeInventory(callAws);
  const { code, output } = await run(/^running: /);
  check(code === INTERRUPTED, `interrupted, it ended with ${code}`);
  const left = leftBy(output, newSince(before, await takeInventory(callAws)));
  check(left.length === 0, `interrupted, it has left ${describe(left)}`);
}

async function leavesTheOthers(run: RunCommand, callAws: CallAws): Promise<void> {
  await stack(callAws, 'create_stack', { StackName: 'Stranger', TemplateBody: STRANGER });
  await callAws([{ service: 'sqs', operation: 'create_queue', parameters: { QueueName: 'stranger' }, expression: 'QueueUrl' }]);
  const before = await takeInventory(callAws);
  const { code, output } = await run();
  check(code === 0, `it ended with ${code}`);
  check(output.includes('\nnot exercised:\n'), 'it does not say what was not exercised');
  const after = await takeInventory(callAws);
  const gone = newSince(after, before);
  check(gone.length === 0, `it has deleted what it had not made: ${describe(gone)}`);
  const left = leftBy(output, newSince(before, after));
  check(left.length === 0, `it has left, and not said so: ${describe(left)}`);
}

/** What a run has left without saying that it is retained. An interrupted run says nothing: what templates retain is of these kinds. */
function leftBy(output: string, items: readonly Item[]): readonly Item[] {
  const [, retained] = /^destroyed; left is what the templates retain: (.*)$/m.exec(output) ?? [];
  return items.filter(({ kind, id }) => {
    if (KIND_OF_TOOLKIT.test(id)) return false;
    return retained === undefined ? !['role', 'bucket'].includes(kind) : !retained.includes(`${kind} ${id}`);
  });
}

async function stack(callAws: CallAws, operation: string, parameters: Readonly<Record<string, unknown>>): Promise<void> {
  await callAws([{ service: 'cloudformation', operation, parameters, expression: 'StackId' }]);
}

/** @throws BrokenPromiseError */
function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new BrokenPromiseError(otherwise);
}

const describe = (items: readonly Item[]): string => items.map(({ kind, id }) => `${kind} ${id}`).join(', ');
const same = (some: readonly Item[], others: readonly Item[]): boolean => describe(some) === describe(others);
