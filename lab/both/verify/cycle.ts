import { join } from 'node:path';
import type { Assembly } from '../../../packages/assembly-local/assembly/read.ts';
import type { Outcome, Step } from '../../../scripts/verify-stage/scenario/step.ts';
import { adaptAssembly } from './assembly/adapt-assembly.ts';
import { LEFT_OUT } from './assembly/left-out.ts';
import { replaceTopic } from './assembly/replace-topic.ts';
import type { Cdk } from './cdk.ts';
import { type Cloud, existingStacks, unprotect } from './cloud.ts';
import { type DeployedService, type Deployment, IncompleteDeploymentError, output, readDeployment, readService } from './deployment.ts';
import { newSince, takeInventory } from './inventory.ts';
import type { Defer, VerifyOptions } from './options.ts';
import { describeDeployed, describeExercised, describeLeftOut } from './report.ts';
import { retainedIds } from './retention.ts';
import { inContainers } from './scenario/containers.ts';
import { afterReplacement, type Before, publishBefore } from './scenario/replaced.ts';
import { runScenario, WITH_CLIENTS, WITHOUT_CLIENTS } from './scenario/run.ts';
import { openAccount, openWorld, type World } from './scenario/world.ts';
import type { SideServices } from './side-services.ts';
import { refuseStale } from './staleness.ts';
import { containerRunner } from './tasks/container-runner.ts';
import { processRunner } from './tasks/process-runner.ts';
import type { TaskRunner } from './tasks/task-runner.ts';

/** The stacks are gone, and something of theirs is not. */
export class LeftBehindError extends Error {
  override readonly name = 'LeftBehindError';
}

export interface Deploying extends VerifyOptions {
  readonly progress: (text: string) => void;
  /** For whatever is made on the way. Removed at the end. */
  readonly directory: string;
  /** As it was synthesized. */
  readonly assembly: Assembly;
  readonly assemblyDir: string;
  readonly cloud: Cloud;
  readonly services: SideServices;
  readonly cdk: Cdk;
}

/** The life of a stage. What is left of it at the end is what its templates retain. */
export async function deployUseDestroy(deploying: Deploying, defer: Defer): Promise<void> {
  const { print, progress, assembly, cloud, cdk } = deploying;
  const leftOut = adapt(deploying);
  print(describeLeftOut(leftOut));
  await bootstrap(deploying);
  const before = await takeInventory(cloud.callAws);

  progress('cdk deploy …');
  const deployment = await deploy(deploying);
  print(describeDeployed(deployment));
  const outcomes = await (cloud.unreachableLanes === undefined
    ? useWithClients(deploying, deployment, defer)
    : useWithoutClients(deploying, deployment, cloud.unreachableLanes));

  progress('cdk destroy …');
  await unprotect(cloud.callAws, assembly.stacks);
  await cdk('destroy', '--all', '--force');
  const after = await takeInventory(cloud.callAws);
  const left = newSince(before, after);
  const retained = retainedIds(assembly.stacks, deployment);
  const orphans = left.filter(({ id }) => !retained.has(id));
  if (orphans.length > 0)
    throw new LeftBehindError(`destroyed, but still there: ${orphans.map(({ kind, id }) => `${kind} ${id}`).join(', ')}`);
  const kept = left.map(({ kind, id }) => `${kind} ${id}`);
  print(`destroyed; left is what the templates retain: ${kept.join(', ') || 'nothing'}`);
  print(describeExercised({ outcomes, leftOut, unlisted: after.unlisted }));
}

function adapt({ assemblyDir, cloud, services, leaveOut }: Deploying) {
  const asked = Object.fromEntries(leaveOut.map((type) => [type, 'asked for with --leave-out']));
  if (cloud.insideUrl === undefined) return adaptAssembly(assemblyDir, undefined, asked);
  const { issuer, audience } = services;
  const addresses = { endpoint: cloud.insideUrl, issuer: issuer.url, audience, jwksUri: issuer.jwksUri };
  return adaptAssembly(assemblyDir, addresses, { ...LEFT_OUT, ...asked });
}

const TOOLKIT = 'CDKToolkit';

/** A bootstrap that is there is somebody else's, and is left as it is. */
async function bootstrap({ cdk, cloud, progress, endpoint, print }: Deploying): Promise<void> {
  const { account, region, callAws } = cloud;
  if ((await existingStacks(callAws, [{ name: TOOLKIT, region }])).length > 0) return;
  progress('cdk bootstrap …');
  await cdk('bootstrap', `aws://${account}/${region}`);
  if (endpoint !== undefined) print(`made by cdk bootstrap, and left for the next time: the stack ${TOOLKIT} with its bucket of assets`);
}

async function deploy({ cdk, cloud, assembly }: Deploying): Promise<Deployment> {
  await cdk('deploy', '--all', '--require-approval', 'never');
  return readDeployment(
    cloud.callAws,
    assembly.stacks.map(({ name }) => name),
  );
}

async function useWithClients(deploying: Deploying, deployment: Deployment, defer: Defer): Promise<readonly Outcome[]> {
  const { print, signal, cloud } = deploying;
  const service = await readService(cloud.callAws, deployment);
  const { runner, steps } = await taskRunner(deploying, service);
  const world = await startWorld(deploying, deployment, service, runner, defer);
  const before = await publishBefore(world);
  const outcomes = await runScenario([...steps, ...WITH_CLIENTS], world, print, signal);
  return [...outcomes, ...(await useReplaced(deploying, deployment, runner, before, defer))];
}

/** Uses the deployment again after its topic was replaced, with tasks of the new task definition. */
async function useReplaced(
  deploying: Deploying,
  deployed: Deployment,
  runner: TaskRunner,
  before: Before,
  defer: Defer,
): Promise<readonly Outcome[]> {
  const { print, signal, cloud } = deploying;
  const deployment = await replace(deploying);
  const service = await readService(cloud.callAws, deployment);
  print(await describeReplaced(deploying, deployed, deployment, service));
  // With the same channels, idempotency keys of the first time would count again.
  const world = { ...(await startWorld(deploying, deployment, service, runner, defer)), channelPrefix: 'verify.replaced.' };
  return runScenario(afterReplacement(before), world, print, signal);
}

/** Steps that need clients are told as not exercised. */
async function useWithoutClients(deploying: Deploying, deployed: Deployment, reason: string): Promise<readonly Outcome[]> {
  const { print, signal, cloud, services } = deploying;
  const account = openAccount(cloud, deployed, services.issuer);
  try {
    const outcomes = await runScenario(WITHOUT_CLIENTS, account, print, signal);
    const deployment = await replace(deploying);
    print(await describeReplaced(deploying, deployed, deployment));
    const done = new Set(WITHOUT_CLIENTS.map(({ name }) => name));
    const skipped = WITH_CLIENTS.filter(({ name }) => !done.has(name));
    return [...outcomes, ...skipped.map(({ name }): Outcome => ({ name, seconds: 0, kind: 'not exercised', reason }))];
  } finally {
    for (const backend of account.backends) backend.close();
  }
}

/** @throws StaleError where something still uses the topic that was replaced */
async function describeReplaced({ cloud }: Deploying, before: Deployment, after: Deployment, service?: DeployedService): Promise<string> {
  const [old, replacement] = [output(before, 'TopicArn'), output(after, 'TopicArn')];
  const places = await refuseStale(cloud.callAws, after, service, old, replacement);
  return `replaced the topic ${old}: nothing has its name any more, and ${places} have that of ${replacement}`;
}

/** An update in two deploys. */
async function replace(deploying: Deploying): Promise<Deployment> {
  const { progress, assemblyDir } = deploying;
  progress('cdk deploy, with another topic beside the one that is there …');
  const removeOld = replaceTopic(assemblyDir);
  await deploy(deploying);
  progress('cdk deploy, without the old topic …');
  removeOld();
  return deploy(deploying);
}

async function taskRunner(
  { assembly, containers, directory, progress, log, signal }: Deploying,
  service: DeployedService,
): Promise<{ readonly runner: TaskRunner; readonly steps: readonly Step<World>[] }> {
  const imageDirectory = assembly.images.get(service.imageTag);
  if (imageDirectory === undefined) throw new IncompleteDeploymentError(`the image ${service.imageTag} is not in the assembly`);
  if (!containers) return { runner: processRunner(imageDirectory, log), steps: [] };
  progress('building the image …');
  const runner = await containerRunner({
    imageDirectory,
    directory: join(directory, 'containers'),
    container: service.container,
    log,
    signal,
  });
  return { runner, steps: [inContainers(runner)] };
}

/** Longer than a task takes to drain and to remove its queue. */
const GRACE_TIME_MS = 30_000;

async function startWorld(
  { stage, cloud, services, endpoint, print, progress }: Deploying,
  deployment: Deployment,
  service: DeployedService,
  runner: TaskRunner,
  defer: Defer,
): Promise<World> {
  progress('starting the tasks of the SSE service …');
  const world = openWorld({ stage, cloud, services, deployment, service, runner });
  defer(async () => {
    // On an emulator that goes on, the queues of tasks would too.
    await world.tasks.close(endpoint === undefined ? undefined : GRACE_TIME_MS);
    for (const backend of world.backends) backend.close();
  });
  await world.tasks.start();
  print(`running: ${world.tasks.running.length} tasks ${runner.description}`);
  return world;
}
