import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Assembly, readAssembly } from '../../../packages/assembly-local/assembly/read.ts';
import type { Log } from '../../../packages/assembly-local/log.ts';
import { synthesize } from '../../../packages/assembly-local/synth.ts';
import { adaptAssembly } from './assembly/adapt-assembly.ts';
import { type CallAws, callAwsWith } from './aws.ts';
import { type Cdk, cdkOn } from './cdk.ts';
import { type Deployment, IncompleteDeploymentError, readDeployment, readService } from './deployment.ts';
import { newSince, takeInventory } from './inventory.ts';
import { type MiniStack, startMiniStack } from './ministack.ts';
import { ministackEnvironment } from './python.ts';
import { describeDeployed, describeLeftOut } from './report.ts';
import { retainedIds } from './retention.ts';
import { inContainers } from './scenario/containers.ts';
import { runScenario, SCENARIO } from './scenario/run.ts';
import { openWorld } from './scenario/world.ts';
import { type SideServices, startSideServices } from './side-services.ts';
import { containerRunner, requireContainerTools } from './tasks/container-runner.ts';
import { processRunner } from './tasks/process-runner.ts';

export interface VerifyOptions {
  /** The stage to deploy. */
  readonly stage: string;
  /** Builds the container image, and runs the SSE tasks in containers of it, instead of as processes. */
  readonly containers: boolean;
  readonly log: Log;
  /** Gets the result, line by line. */
  readonly print: (line: string) => void;
  /** Ends the verification early. */
  readonly signal: AbortSignal;
}

/** The stacks are gone, and something of theirs is not. */
export class LeftBehindError extends Error {
  override readonly name = 'LeftBehindError';
}

type Defer = (closer: () => Promise<void>) => void;

/**
 * Deploys a stage into an emulator of AWS, runs the scenario against what was deployed, destroys it and looks for what is left.
 * Nothing stays behind on this machine, however it ends.
 *
 * @throws UnavailableError where MiniStack or a builder of images cannot be had, CdkError, ScenarioError, LeftBehindError, or the signal's reason
 */
export async function verifyDeployment(options: VerifyOptions): Promise<void> {
  // In the reverse order of starting.
  const closers: (() => Promise<void>)[] = [];
  try {
    await verify(options, (closer) => closers.push(closer));
  } finally {
    for (const closer of closers.reverse()) await closer();
  }
}

async function verify(options: VerifyOptions, defer: Defer): Promise<void> {
  const { stage, containers, log, print, signal } = options;
  if (containers) requireContainerTools();
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

  progress('starting MiniStack …');
  const home = join(directory, 'ministack');
  await mkdir(home);
  const ministack = await startMiniStack({ venv, directory: home, region: assembly.stacks[0]?.region ?? 'us-east-1' });
  defer(() => ministack.close());
  const services = await startSideServices();
  defer(() => services.close());

  const callAws = callAwsWith(venv, ministack.awsEnv);
  const cdk = cdkOn(assemblyDir, { env: { ...process.env, ...ministack.awsEnv }, log, signal });
  try {
    await deployUseDestroy({ ...options, progress, directory, assembly, assemblyDir, ministack, services, callAws, cdk }, defer);
  } catch (error) {
    if (!signal.aborted) for (const line of await ministack.complaints()) log.notice('MiniStack', line);
    throw error;
  }
  print(`verified in ${seconds()}`);
}

interface Deploying extends VerifyOptions {
  readonly progress: (text: string) => void;
  /** For whatever is made on the way. Removed at the end. */
  readonly directory: string;
  /** As it was synthesized. */
  readonly assembly: Assembly;
  readonly assemblyDir: string;
  readonly ministack: MiniStack;
  readonly services: SideServices;
  readonly callAws: CallAws;
  readonly cdk: Cdk;
}

async function deployUseDestroy(deploying: Deploying, defer: Defer): Promise<void> {
  const { print, progress, assembly, assemblyDir, ministack, services, callAws, cdk } = deploying;
  const { issuer, audience } = services;
  print(
    describeLeftOut(adaptAssembly(assemblyDir, { endpoint: ministack.endpoint, issuer: issuer.url, audience, jwksUri: issuer.jwksUri })),
  );

  progress('cdk bootstrap …');
  await cdk('bootstrap', `aws://${ministack.account}/${ministack.region}`);
  const before = await takeInventory(callAws);

  progress('cdk deploy …');
  await cdk('deploy', '--all', '--require-approval', 'never');
  const names = assembly.stacks.map(({ name }) => name);
  const deployment = await readDeployment(callAws, names);
  print(describeDeployed(deployment));

  await use(deploying, deployment, defer);

  progress('cdk destroy …');
  await cdk('destroy', '--all', '--force');
  const left = newSince(before, await takeInventory(callAws));
  const retained = retainedIds(assembly.stacks, deployment);
  const orphans = left.filter(({ id }) => !retained.has(id));
  if (orphans.length > 0)
    throw new LeftBehindError(`destroyed, but still there: ${orphans.map(({ kind, id }) => `${kind} ${id}`).join(', ')}`);
  const kept = left.map(({ kind, id }) => `${kind} ${id}`);
  print(`destroyed; left is what the templates retain: ${kept.join(', ') || 'nothing'}`);
}

async function use(deploying: Deploying, deployment: Deployment, defer: Defer): Promise<void> {
  const { print, progress, containers, directory, assembly, ministack, services, callAws, log, signal } = deploying;
  const service = await readService(callAws, deployment);
  const imageDirectory = assembly.images.get(service.imageTag);
  if (imageDirectory === undefined) throw new IncompleteDeploymentError(`the image ${service.imageTag} is not in the assembly`);
  if (containers) progress('building the image …');
  const inContainer = containers
    ? await containerRunner({ imageDirectory, directory: join(directory, 'containers'), container: service.container, log, signal })
    : undefined;
  const runner = inContainer ?? processRunner(imageDirectory, log);

  progress('starting the tasks of the SSE service …');
  const world = openWorld({ ministack, services, deployment, service, runner });
  defer(() => world.tasks.close());
  await world.tasks.start();
  print(`running: ${world.tasks.running.length} tasks ${runner.description}`);
  await runScenario([...(inContainer === undefined ? [] : [inContainers(inContainer)]), ...SCENARIO], world, print, signal);
}
