import type { Account, AccountRegion } from '../account.ts';
import { type PlannedStack, type Properties, propertiesOf } from '../assembly.ts';
import { type Check, type Finding, ok, problem } from '../finding.ts';
import { judgeQuota } from './quotas.ts';

/** The addresses from which CloudFront reaches load balancers in a VPC. */
const CLOUDFRONT = 'com.amazonaws.global.cloudfront.origin-facing';

const RULES = { service: 'vpc', code: 'L-0EA8095F', what: 'rules of a security group' } as const;

/** Whether the prefix lists from which load balancers take connections are CloudFront's, and fit into a security group. */
export function prefixListChecks(stacks: readonly PlannedStack[], account: Account): readonly Check[] {
  return stacks.flatMap((stack) => {
    const ids = new Set(rulesOf(stack).flatMap(({ SourcePrefixListId: id }) => (typeof id === 'string' ? [id] : [])));
    return [...ids].map((id) => ({
      about: `prefix list ${id} in ${stack.region}`,
      run: () => judge(id, stack.region, account.in(stack.region)),
    }));
  });
}

const rulesOf = (stack: PlannedStack): readonly Properties[] => [
  ...propertiesOf([stack], 'AWS::EC2::SecurityGroupIngress'),
  ...propertiesOf([stack], 'AWS::EC2::SecurityGroup').flatMap(({ SecurityGroupIngress = [] }) => SecurityGroupIngress),
];

async function judge(id: string, region: string, inRegion: AccountRegion): Promise<readonly Finding[]> {
  const list = await inRegion.prefixList(id);
  if (list?.name !== CLOUDFRONT) {
    return [
      problem(
        `prefix list ${id} in ${region}: ${list === undefined ? 'there is none' : `is ${list.name}`}, and CloudFront is to reach the load balancer`,
        `aws ec2 describe-managed-prefix-lists --filters Name=prefix-list-name,Values=${CLOUDFRONT} --region ${region}`,
        "set edge.originPrefixListId to that list's id",
      ),
    ];
  }
  const quota = await inRegion.quota(RULES.service, RULES.code);
  return [ok(`prefix list ${id} in ${region}: CloudFront's`), judgeQuota({ ...RULES, region, quota, needed: list.maxEntries, used: 0 })];
}
