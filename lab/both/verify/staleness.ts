import type { AwsCall, CallAws } from './aws.ts';
import type { DeployedService, Deployment } from './deployment.ts';

/** Something that is deployed uses what is gone. */
export class StaleError extends Error {
  override readonly name = 'StaleError';
}

/** Something that names what was looked for. */
interface Mention {
  /** `a function` … */
  readonly what: string;
  readonly found: unknown;
}

/**
 * Looks in everything that was deployed for the name of something that was replaced, and for that of what has replaced it: a place
 * that has neither was not looked into.
 *
 * @returns how many places have the new name
 * @throws StaleError naming all that still have the old one
 */
export async function refuseStale(
  callAws: CallAws,
  deployment: Deployment,
  service: DeployedService | undefined,
  gone: string,
  now: string,
): Promise<number> {
  const places = placesOf(deployment);
  const answers = await callAws(places.map(({ call }) => call));
  const looked: readonly Mention[] = [
    ...places.flatMap(({ what }, at) => (answers[at] ?? []).map((found) => ({ what, found }))),
    // What the tasks get that start from now on.
    ...(service === undefined ? [] : [{ what: 'a task definition', found: service.container }]),
  ];
  const stale = looked.filter(({ found }) => mentions(found, gone));
  if (stale.length > 0)
    throw new StaleError(
      `${gone} was replaced, and is still used: ${stale.map(({ what, found }) => `${what} ${short(found)}`).join('; ')}`,
    );
  const fresh = looked.filter(({ found }) => mentions(found, now));
  const seen = new Set(fresh.map(({ what }) => what));
  const unseen = [...new Set(looked.map(({ what }) => what))].filter((what) => !seen.has(what));
  if (fresh.length === 0 || unseen.length > 0)
    throw new StaleError(`${now} was to be found, and is not, in ${unseen.join(', ') || 'anything'}`);
  return fresh.length;
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
