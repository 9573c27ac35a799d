import type { Account } from '../account.ts';
import { hasType, type PlannedStack, propertiesOf } from '../assembly.ts';
import { type Check, type Finding, ok, problem, warning } from '../finding.ts';

/** CloudFormation may cut a longer name of a stack in the name of a role. */
const NAME_IN_ROLE = 24;

/** Who sets the role with which API Gateway writes logs: an account has one in each Region, and the last one to set it wins. */
export function gatewayLogRoleChecks(stacks: readonly PlannedStack[], account: Account): readonly Check[] {
  return stacks.filter(logsRequests).map((stack) => ({
    about: `API Gateway's role for logs in ${stack.region}`,
    async run() {
      return [judge(stack, await account.in(stack.region).gatewayLogRole())];
    },
  }));
}

const logsRequests = (stack: PlannedStack): boolean =>
  propertiesOf([stack], 'AWS::ApiGatewayV2::Stage').some(({ AccessLogSettings }) => AccessLogSettings !== undefined);

function judge(stack: PlannedStack, roleArn: string | undefined): Finding {
  const about = `API Gateway's role for logs in ${stack.region}`;
  const willSet = hasType([stack], 'AWS::ApiGateway::Account');
  if (roleArn === undefined && willSet) return ok(`${about}: none is set, ${stack.name} sets one`);
  if (roleArn === undefined) {
    return problem(
      `${about}: none is set, and an API with access logs needs one`,
      'let the lane set it (setsAccountLogRole: true), or ask the owner of the account to',
    );
  }
  if (!willSet) return ok(`${about}: ${roleArn}`);
  const roleName = roleArn.split('/').at(-1) ?? '';
  if (roleName.startsWith(`${stack.name}-`.slice(0, NAME_IN_ROLE))) return ok(`${about}: set by ${stack.name}`);
  return warning(
    `${about}: ${stack.name} would replace ${roleArn}, with which other APIs write their logs`,
    'set setsAccountLogRole of the lane to false if that role may stay',
  );
}
