import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Endpoint, reachEndpoint, withoutAws } from '../../../command-line/endpoint.ts';
import { readAssembly, type StackAssembly } from '../../../packages/assembly-local/assembly/read.ts';
import { synthesize } from '../../../packages/assembly-local/synth.ts';
import { cdkOn } from './cdk.ts';
import { existingStacks, openCloud, refuseExisting, unprotect } from './cloud.ts';
import { type Deploying, deployUseDestroy } from './cycle.ts';
import { startMiniStack } from './ministack.ts';
import type { Defer, VerifyOptions } from './options.ts';
import { ministackEnvironment } from './python.ts';
import { startSideServices } from './side-services.ts';
import { requireContainerTools } from './tasks/container-runner.ts';

/**
 * Deploys a stage into an emulator of AWS, runs the scenario against what was deployed, replaces the topic, destroys it and looks
 * for what is left. However it ends, nothing stays behind on this machine, and none of its stacks on an emulator that was there.
 *
 * @throws UnreachableEndpointError and ExistingStacksError before anything was changed; UnavailableError where MiniStack or a
 * builder of images cannot be had; CdkError, AwsCallError, ScenarioError, StaleError, LeftBehindError; or the signal's reason
 */
export async function verifyDeployment(options: VerifyOptions): Promise<void> {
  const closers: (() => Promise<void>)[] = [];
  try {
    await verify(options, (closer) => closers.push(closer));
  } finally {
    for (const closer of closers.reverse()) await closer();
  }
}

async function verify(options: VerifyOptions, defer: Defer): Promise<void> {
  const { stage, containers, endpoint, ca, log, print, signal } = options;
  if (containers) requireContainerTools();
  // Before anything is installed or started.
  const running = endpoint === undefined ? undefined : await reachEndpoint(endpoint, ca);
  const startedMs = performance.now();
  const seconds = () => `${((performance.now() - startedMs) / 1_000).toFixed(1)} s`;
  const progress = (text: string) => log.notice(seconds(), text);

  progress('looking for MiniStack …');
  const venv = await ministackEnvironment(signal);
  const directory = await mkdtemp(join(tmpdir(), 'realtime-lanes-verify-'));
  // What was killed a moment ago may still write.
  defer(() => rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
  progress(`synthesizing stage ${stage} …`);
  const assemblyDir = join(directory, 'assembly');
  await synthesize(assemblyDir, stage, { env: process.env, signal });
  const assembly = readAssembly(assemblyDir);
  const region = assembly.stacks[0]?.region ?? 'us-east-1';

  const own = running === undefined ? await startOwn(venv, directory, region, progress, defer) : undefined;
  const services = await startSideServices();
  defer(() => services.close());
  const cloud = await openCloud(venv, running ?? { url: own?.endpoint ?? '' }, region, own === undefined ? process.env : {});
  const cdkUntil = (until: AbortSignal) => cdkOn(assemblyDir, { env: { ...withoutAws(), ...cloud.awsEnv }, log, signal: until });
  const deploying: Deploying = { ...options, progress, directory, assembly, assemblyDir, cloud, services, cdk: cdkUntil(signal) };
  if (running !== undefined) {
    await refuseExisting(cloud, assembly.stacks);
    // Its own end takes a MiniStack of ours with all that is in it.
    defer(() => destroyRest(deploying, cdkUntil(new AbortController().signal), assembly.stacks, running));
  }
  try {
    await deployUseDestroy(deploying, defer);
  } catch (error) {
    if (!signal.aborted) for (const line of (await own?.complaints()) ?? []) log.notice('MiniStack', line);
    throw error;
  }
  print(`verified in ${seconds()}`);
}

async function startOwn(venv: string, directory: string, region: string, progress: (text: string) => void, defer: Defer) {
  progress('starting MiniStack …');
  const home = join(directory, 'ministack');
  await mkdir(home);
  const ministack = await startMiniStack({ venv, directory: home, region });
  defer(() => ministack.close());
  return ministack;
}

/** Destroys the stacks of a run that has failed, or was interrupted: there were none of these names before it. */
async function destroyRest(
  { cloud, progress, log }: Deploying,
  cdk: Deploying['cdk'],
  stacks: readonly StackAssembly[],
  { url }: Endpoint,
): Promise<void> {
  const names = await existingStacks(cloud.callAws, stacks);
  if (names.length === 0) return;
  progress(`removing ${names.join(', ')} from ${url} …`);
  try {
    await unprotect(
      cloud.callAws,
      stacks.filter(({ name }) => names.includes(name)),
    );
    await cdk('destroy', '--all', '--force');
  } catch (error) {
    // Why the run has failed matters more, and the rest has still to be cleaned up.
    log.notice('not removed', `${names.join(', ')}: delete them yourself. ${(error as Error).message}`);
  }
}
