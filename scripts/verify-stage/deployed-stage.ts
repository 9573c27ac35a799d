import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { stackName } from '../../lib/stack-names.ts';
import { LANES, type Stage } from '../../lib/stage.ts';

export interface DeployedStack {
  readonly name: string;
  readonly region: string;
  /** `UPDATE_COMPLETE` …, or `not deployed`. */
  readonly status: string;
  /** When it was deployed last. */
  readonly changedAt: Date | undefined;
}

/** The stacks of a stage, as CloudFormation knows them. */
export interface DeployedStage {
  readonly stacks: readonly DeployedStack[];
  /** Outputs of all its stacks. Those of the edge replace those of lanes that have the same name: clients use the edge. */
  readonly outputs: Readonly<Record<string, string>>;
  /** ARN of the load balancer, if a lane has one. */
  readonly loadBalancer: string | undefined;
}

/** The stage cannot be used. The message says what is missing. */
export class NotDeployedError extends Error {
  override readonly name = 'NotDeployedError';
}

type SdkSettings = Pick<CloudFormationClientConfig, 'endpoint' | 'credentials'>;

/** @throws NotDeployedError if its backbone is not deployed; errors of the SDK, such as credentials that are missing */
export async function readDeployedStage(stage: Stage, settings: SdkSettings): Promise<DeployedStage> {
  const found = await Promise.all(stacksOf(stage).map(({ name, region }) => readStack(name, region, settings)));
  const [backbone] = found;
  if (backbone?.changedAt === undefined) {
    throw new NotDeployedError(
      `stage ${stage.id} is not deployed: there is no stack ${backbone?.name} in ${stage.region}. Deploy it with npx cdk deploy --all -c stage=${stage.id}, or use the credentials of its account`,
    );
  }
  return {
    stacks: found.map(({ name, region, status, changedAt }) => ({ name, region, status, changedAt })),
    outputs: Object.assign({}, ...found.map(({ outputs }) => outputs)),
    loadBalancer: found.flatMap(({ loadBalancers }) => loadBalancers)[0],
  };
}

/** @throws NotDeployedError */
export function outputOf({ outputs }: DeployedStage, key: string): string {
  const value = outputs[key];
  if (value === undefined) throw new NotDeployedError(`no stack has the output ${key}: deploy the stage again`);
  return value;
}

function stacksOf(stage: Stage): readonly { readonly name: string; readonly region: string }[] {
  const parts = ['backbone', ...LANES.map(({ name }) => name)].map((part) => ({ name: stackName(stage, part), region: stage.region }));
  return stage.edge.type === 'cloudfront' ? [...parts, { name: stackName(stage, 'edge'), region: 'us-east-1' }] : parts;
}

async function readStack(name: string, region: string, settings: SdkSettings) {
  const client = new CloudFormationClient({ ...settings, region });
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName: name }));
    return {
      name,
      region,
      status: stack?.StackStatus ?? 'unknown',
      changedAt: stack?.LastUpdatedTime ?? stack?.CreationTime,
      outputs: Object.fromEntries((stack?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])),
      loadBalancers: StackResources.filter(({ ResourceType }) => ResourceType === 'AWS::ElasticLoadBalancingV2::LoadBalancer').flatMap(
        ({ PhysicalResourceId }) => PhysicalResourceId ?? [],
      ),
    };
  } catch (error) {
    // CloudFormation has no error of its own for a stack that is not there.
    if (!(error instanceof Error) || error.name !== 'ValidationError' || !/does not exist/.test(error.message)) throw error;
    return { name, region, status: 'not deployed', changedAt: undefined, outputs: {}, loadBalancers: [] };
  } finally {
    client.destroy();
  }
}
