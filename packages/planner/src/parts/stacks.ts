import { DEPLOYED, type DeployedStack } from '../deployed.ts';
import type { Facts } from '../facts.ts';
import { item } from '../items.ts';
import type { Load } from '../load.ts';
import type { Item } from '../option.ts';
import type { Workload } from '../workload.ts';

export type StackName = 'Backbone' | 'Edge' | 'Sse' | 'Websocket';

/** What a stage deploys in these stacks, counted together. */
export function stacksOf({ stage }: Pick<Workload, 'stage'>, names: readonly StackName[]): readonly DeployedStack[] {
  const stacks = DEPLOYED[stage] ?? {};
  return names.map((name) => stacks[name]).filter((stack) => stack !== undefined);
}

/** Whether the project has a lane at all. */
export const isDeployed = (name: StackName): boolean => Object.values(DEPLOYED).some((stacks) => stacks[name] !== undefined);

const FIXED = { kind: 'fixed' } as const;
const OVERLOOKED = { kind: 'fixed', overlooked: true } as const;

/**
 * What is paid because the stacks are there, whoever connects. Tasks and metrics are not among it: their number follows the load.
 */
export function standingItems(stacks: readonly DeployedStack[], { hours, months }: Load, { prices, capacity }: Facts): readonly Item[] {
  const sum = (of: (stack: DeployedStack) => number) => stacks.reduce((total, stack) => total + of(stack), 0);
  const alarms = sum((stack) => stack.alarmMetrics + stack.scalingAlarms);
  const polled = sum((stack) => stack.queuesPolledByLambda);
  const scheduled = sum((stack) => stack.scheduledRunsPerHour);
  const insights = stacks.some(({ containerInsights }) => containerInsights) ? capacity.insightsMetrics.value : 0;

  return [
    item('alb', 'Load balancer', sum((stack) => stack.loadBalancers) * hours, 'hours', prices.albHour, FIXED),
    item('nat', 'NAT gateways', sum((stack) => stack.natGateways) * hours, 'hours', prices.natHour, OVERLOOKED),
    item('public-ipv4', 'Public IPv4 addresses', sum((stack) => stack.publicAddresses) * hours, 'hours', prices.publicIpv4Hour, OVERLOOKED),
    item(
      'endpoints',
      'Interface endpoints',
      sum((stack) => stack.interfaceEndpoints * stack.zones) * hours,
      'zone-hours',
      prices.interfaceEndpointHour,
      OVERLOOKED,
    ),
    item('web-acl', 'Web ACL', sum((stack) => stack.webAcls) * months, 'ACLs', prices.webAclMonth, OVERLOOKED),
    item('web-acl-rules', 'Rules of the web ACL', sum((stack) => stack.webAclRules) * months, 'rules', prices.webAclRuleMonth, OVERLOOKED),
    item('container-insights', 'Container Insights', insights * months, 'metrics', prices.metricMonth, {
      ...OVERLOOKED,
      from: [capacity.insightsMetrics],
    }),
    item('alarms', 'Alarms, by the metrics in them', alarms * months, 'metrics', prices.alarmMonth, OVERLOOKED),
    item('key', 'KMS key', sum((stack) => stack.keys) * months, 'keys', prices.keyMonth, OVERLOOKED),
    item(
      'pollers',
      'Receives by which Lambda polls queues',
      polled * capacity.pollerRequestsPerHour.value * hours,
      'requests',
      prices.sqsRequest,
      {
        ...OVERLOOKED,
        from: [capacity.pollerRequestsPerHour],
      },
    ),
    item('scheduled', 'Scheduled functions', scheduled * hours, 'requests', prices.lambdaRequest, FIXED),
  ].filter(({ quantity }) => quantity > 0);
}
