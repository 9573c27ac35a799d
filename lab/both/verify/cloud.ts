import { randomUUID } from 'node:crypto';
import { type Endpoint, endpointCredentials, endpointEnvironment } from '../../../command-line/endpoint.ts';
import { isMiniStack } from '../../../scripts/verify-stage/emulator/ministack.ts';
import type { AwsAccess } from '../chaos/aws-access.ts';
import { type AwsCall, type CallAws, callAwsWith } from './aws.ts';

/** The emulator that a stage is deployed into. */
export interface Cloud {
  readonly endpoint: Endpoint;
  readonly account: string;
  readonly region: string;
  /** Environment of everything that is to take the emulator for AWS. */
  readonly awsEnv: Readonly<Record<string, string>>;
  /** For SDK clients of this process. */
  readonly aws: AwsAccess;
  readonly callAws: CallAws;
  /**
   * Why clients cannot use the lanes there. Undefined if they can: it is a MiniStack on this machine, whose paths are known and
   * which reaches the tasks and the issuer that run here.
   */
  readonly unreachableLanes: string | undefined;
  /** How its functions and the tasks reach it, past whatever is in front of it. Undefined where lanes are unreachable. */
  readonly insideUrl: string | undefined;
}

/** Stacks of these names exist, and belong to somebody else. Nothing was changed. */
export class ExistingStacksError extends Error {
  override readonly name = 'ExistingStacksError';
}

/**
 * The emulator at an endpoint, as its own API describes it.
 * @param venv has botocore
 * @param environment has the keys
 * @throws AwsCallError if it does not take the keys
 */
export async function openCloud(venv: string, endpoint: Endpoint, region: string, environment: NodeJS.ProcessEnv): Promise<Cloud> {
  const awsEnv = endpointEnvironment(endpoint, region, environment);
  const callAws = callAwsWith(venv, awsEnv);
  const [identity] = await callAws([{ service: 'sts', operation: 'get_caller_identity', expression: 'Account' }]);
  const unreachableLanes = await whyUnreachable(endpoint.url);
  return {
    endpoint,
    account: String(identity?.[0]),
    region,
    awsEnv,
    aws: { endpoint: endpoint.url, region, credentials: endpointCredentials(environment) },
    callAws,
    unreachableLanes,
    insideUrl: unreachableLanes === undefined ? await insideUrl(callAws) : undefined,
  };
}

/** MiniStack has its own address in the URLs of queues. In its functions, https: to this machine becomes http:, which ends at a proxy with TLS. */
async function insideUrl(callAws: CallAws): Promise<string> {
  const create = { service: 'sqs', operation: 'create_queue', parameters: { QueueName: `verify-${randomUUID()}` }, expression: 'QueueUrl' };
  const [created] = await callAws([create]);
  const QueueUrl = String(created?.[0]);
  await callAws([{ service: 'sqs', operation: 'delete_queue', parameters: { QueueUrl }, expression: '@' }]);
  return new URL(QueueUrl).origin;
}

async function whyUnreachable(url: string): Promise<string | undefined> {
  if (!(await isMiniStack(url)))
    return 'it is no MiniStack, and where another emulator serves load balancers and WebSocket APIs is not known';
  const { hostname } = new URL(url);
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
    ? undefined
    : 'it is on another machine, and does not reach the tasks and the issuer of tokens that run here';
}

/** A stack of an assembly. */
interface NamedStack {
  readonly name: string;
  readonly region: string;
}

/** @throws ExistingStacksError: this command deletes what it has made, and these it has not */
export async function refuseExisting(
  { callAws, endpoint }: Pick<Cloud, 'callAws' | 'endpoint'>,
  stacks: readonly NamedStack[],
): Promise<void> {
  const existing = await existingStacks(callAws, stacks);
  if (existing.length === 0) return;
  throw new ExistingStacksError(
    `${endpoint.url} has the stacks ${existing.join(', ')} already, which this command has not made and would delete: nothing was changed. Delete them, or choose another stage with --stage`,
  );
}

/** Those of the stacks that exist. */
export async function existingStacks(callAws: CallAws, stacks: readonly NamedStack[]): Promise<readonly string[]> {
  const regions = [...new Set(stacks.map(({ region }) => region))];
  const answers = await callAws(regions.map(stacksIn));
  return stacks.filter(({ name, region }) => answers[regions.indexOf(region)]?.includes(name)).map(({ name }) => name);
}

const stacksIn = (region: string): AwsCall => ({
  service: 'cloudformation',
  operation: 'describe_stacks',
  region,
  // Some emulators list those that are gone.
  expression: "Stacks[?StackStatus != 'DELETE_COMPLETE'].StackName",
});

/** Lets stacks be destroyed that are protected against it, as stages of production are. They must be the caller's own. */
export async function unprotect(callAws: CallAws, stacks: readonly NamedStack[]): Promise<void> {
  await callAws(
    stacks.map(({ name, region }) => ({
      service: 'cloudformation',
      operation: 'update_termination_protection',
      parameters: { StackName: name, EnableTerminationProtection: false },
      region,
      expression: 'StackId',
    })),
  );
}
