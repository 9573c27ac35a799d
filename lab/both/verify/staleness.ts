import type { AwsCall, CallAws } from './aws.ts';
import type { DeployedService, Deployment } from './deployment.ts';

/** Something that is deployed uses what is gone. */
export class StaleError extends Error {
  override readonly name = 'StaleError';
}

/**
 * Looks in everything that was deployed for the name of something that was replaced.
 * @throws StaleError naming all that still has it
 */
export async function refuseStale(
  callAws: CallAws,
  deployment: Deployment,
  service: DeployedService | undefined,
  gone: string,
): Promise<void> {
  const places = placesOf(deployment);
  const answers = await callAws(places.map(({ call }) => call));
  const stale = [
    ...places.flatMap(({ what }, at) =>
      (answers[at] ?? []).filter((found) => mentions(found, gone)).map((found) => `${what} ${short(found)}`),
    ),
    // What the tasks get that start from now on.
    ...(mentions(service?.container.environment, gone) ? [`the task definition of ${service?.name}`] : []),
  ];
  if (stale.length > 0) throw new StaleError(`${gone} was replaced, and is still used: ${stale.join('; ')}`);
}

interface Place {
  readonly what: string;
  readonly call: AwsCall;
}

function placesOf({ resources }: Deployment): readonly Place[] {
  const physicalIds = (type: string) => resources.filter((resource) => resource.type === type).map(({ physicalId }) => physicalId);
  return [
    { what: 'a topic', call: { service: 'sns', operation: 'list_topics', expression: 'Topics[]' } },
    { what: 'a subscription', call: { service: 'sns', operation: 'list_subscriptions', expression: 'Subscriptions[]' } },
    ...physicalIds('AWS::Lambda::Function').map((name) => ({
      what: 'a function',
      call: {
        service: 'lambda',
        operation: 'get_function_configuration',
        parameters: { FunctionName: name },
        expression: '{name: FunctionName, environment: Environment}',
      },
    })),
    {
      what: 'a policy of a role',
      call: {
        service: 'iam',
        operation: 'get_account_authorization_details',
        parameters: { Filter: ['Role'] },
        expression: `RoleDetailList[?contains(\`${JSON.stringify(physicalIds('AWS::IAM::Role'))}\`, RoleName)].{name: RoleName, policies: RolePolicyList}`,
      },
    },
    ...physicalIds('AWS::SQS::Queue').map((url) => ({
      what: 'a queue',
      call: {
        service: 'sqs',
        operation: 'get_queue_attributes',
        parameters: { QueueUrl: url, AttributeNames: ['All'] },
        expression: 'Attributes',
      },
    })),
  ];
}

const mentions = (found: unknown, gone: string): boolean => JSON.stringify(found ?? '').includes(gone);

/** Enough to find it by. */
const short = (found: unknown): string => JSON.stringify(found).slice(0, 200);
