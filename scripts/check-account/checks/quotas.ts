import type { Account, Counted } from '../account.ts';
import type { PlannedStack } from '../assembly.ts';
import { type Check, type Finding, ok, problem, warning } from '../finding.ts';
import { atFullScale, duringDeploy, functionsAtOnce, loadBalancers, requestsPerSecond, resourcesOf } from '../needs.ts';

/** What stacks need of a quota of an account and Region, read in their templates. */
interface QuotaNeed {
  /** Codes of Service Quotas. */
  readonly service: string;
  readonly code: string;
  readonly what: string;
  readonly needed: (stacks: readonly PlannedStack[]) => number;
  /** Counted in the account, and added to what new stacks need. @default - nobody can count what else uses it */
  readonly counted?: Counted;
  /** Whether the deploy succeeds without, and only the traffic is limited. */
  readonly isSoft?: true;
}

const FARGATE = { service: 'fargate', code: 'L-3032A538' } as const;

const QUOTAS: readonly QuotaNeed[] = [
  { ...FARGATE, what: 'vCPUs of Fargate tasks during a deploy', needed: duringDeploy },
  { ...FARGATE, what: 'vCPUs of Fargate tasks at full scale', needed: atFullScale, isSoft: true },
  {
    service: 'elasticloadbalancing',
    code: 'L-53DA6B97',
    what: 'Application Load Balancers',
    needed: loadBalancers,
    counted: 'load balancers',
  },
  { service: 'ec2', code: 'L-0263D0A3', what: 'Elastic IP addresses', needed: resourcesOf('AWS::EC2::EIP'), counted: 'addresses' },
  { service: 'vpc', code: 'L-F678F1CE', what: 'VPCs', needed: resourcesOf('AWS::EC2::VPC'), counted: 'vpcs' },
  { service: 'lambda', code: 'L-B99A9384', what: 'functions that run at once', needed: functionsAtOnce, isSoft: true },
  { service: 'apigateway', code: 'L-8A5B8E43', what: "requests a second of API Gateway's APIs", needed: requestsPerSecond, isSoft: true },
];

/** Whether the quotas of the account have room for the stacks. */
export function quotaChecks(stacks: readonly PlannedStack[], account: Account): readonly Check[] {
  return [...Map.groupBy(stacks, ({ region }) => region)].flatMap(([region, inRegion]) =>
    QUOTAS.filter(({ needed }) => needed(inRegion) > 0).map((need) => ({
      about: `quota of ${need.what} in ${region}`,
      async run() {
        const at = account.in(region);
        const quota = await at.quota(need.service, need.code);
        if (need.counted === undefined) return [judgeQuota({ ...need, region, quota, needed: need.needed(inRegion), used: undefined })];
        const used = await at.count(need.counted);
        // What is deployed already is among what was counted.
        const existing = await Promise.all(inRegion.map(({ name }) => at.stack(name)));
        const fresh = inRegion.filter((_, index) => existing[index] === undefined);
        return [judgeQuota({ ...need, region, quota, needed: need.needed(fresh), used })];
      },
    })),
  );
}

interface Use extends Pick<QuotaNeed, 'service' | 'code' | 'what' | 'isSoft'> {
  readonly region: string;
  readonly quota: number;
  readonly needed: number;
  /** Undefined if nobody can tell. */
  readonly used: number | undefined;
}

export function judgeQuota({ service, code, what, region, quota, needed, used, isSoft }: Use): Finding {
  const wanted = needed + (used ?? 0);
  const inUse = used === undefined ? ', besides what else runs in the account' : used > 0 ? `, and ${used} are in use` : '';
  const text = `${what} in ${region}: the quota is ${quota}, the stage needs ${needed}${inUse}`;
  if (wanted <= quota) return ok(text);
  return (isSoft ? warning : problem)(
    text,
    `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${wanted} --region ${region}`,
  );
}
