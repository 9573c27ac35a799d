import type { DeployedService, DeployedStack } from '../deployed.ts';
import type { Facts } from '../facts.ts';
import type { Figure, Known, Price } from '../figure.ts';
import { formatNumber } from '../format.ts';
import { item, limit } from '../items.ts';
import { GB, type Load } from '../load.ts';
import type { Bill, Delivery, Item, Limit, Tasks } from '../option.ts';
import type { Workload } from '../workload.ts';
import { backboneItems, backboneLimits, keyRequests, recoveryItem } from './backbone.ts';
import { stacksOf, standingItems } from './stacks.ts';
import { transferItems, webAclItems } from './traffic.ts';

/** What a transport asks of tasks behind a load balancer. */
export interface HubTraffic {
  /** To clients, on the wire, in a month. */
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** That the load balancer, the web ACL and the tasks see, in a month. */
  readonly requests: number;
  /** Messages over open sockets, which only the tasks see. */
  readonly frames?: number;
  /** What a vCPU delivers in a second. */
  readonly deliveriesPerCore: number;
  /** What those numbers were derived from. */
  readonly from: readonly Figure[];
}

/** Of a load balancer capacity unit (LCU): new and open connections, and GB an hour. Rule evaluations do not count: there are none beyond the default. */
const LCU = { connectsPerSecond: 25, connections: 3_000, gbPerHour: 1 } as const;

/** Messages that SQS returns, and deletes, with one call. */
const MESSAGES_PER_CALL = 10;

/** Receivers of a task while something comes: `RECEIVERS` of fargate/sse/queue-reader.ts. Full calls bring more. */
const BUSY_RECEIVERS = 2;

export const lcus = (connectsPerSecond: number, connections: number, bytesPerHour: number): number =>
  Math.max(connectsPerSecond / LCU.connectsPerSecond, connections / LCU.connections, bytesPerHour / GB / LCU.gbPerHour);

/** Tasks for what is open and what is done at a time, before the stage's minimum. */
function tasksFor(
  connections: number,
  deliveriesPerSecond: number,
  requestsPerSecond: number,
  framesPerSecond: number,
  service: DeployedService,
  { deliveriesPerCore }: HubTraffic,
  { capacity }: Facts,
): Tasks {
  const byStreams = Math.ceil(connections / service.targetStreams);
  const cores =
    deliveriesPerSecond / deliveriesPerCore +
    requestsPerSecond / capacity.requestsPerCore.value +
    framesPerSecond / capacity.hubMessagesPerCore.value;
  const byWork = Math.ceil(cores / Math.min(1, service.vcpus));
  const count = Math.max(service.minTasks, byStreams, byWork);
  if (count === service.minTasks) return { count, because: 'the stage always keeps them' };
  return { count, because: byStreams >= byWork ? `${formatNumber(service.targetStreams)} streams each` : 'their CPU' };
}

/** A limit that a stage sets: its file is the source. */
const setting = (value: number, unit: string): Known & Pick<Limit, 'adjustable' | 'isSetting'> => ({
  value,
  unit,
  adjustable: true,
  isSetting: true,
  confidence: 'documented',
  source: 'lib/sse/sse-stages.ts',
  date: '2026-11-30',
});

/** Everything of a bill that tasks behind a load balancer share, whatever they speak. @throws RangeError where the stage has no tasks */
export function hubBill(workload: Workload, load: Load, facts: Facts, traffic: HubTraffic): Omit<Bill, 'shortcomings'> {
  const { prices, capacity } = facts;
  const stacks = stacksOf(workload, ['Backbone', 'Edge', 'Sse']);
  const service = stacks.find((stack) => stack.service !== undefined)?.service;
  if (service === undefined) throw new RangeError(`stage ${workload.stage} deploys no tasks`);

  const perSecond = (monthly: number) => (load.seconds > 0 ? monthly / load.seconds : 0);
  const [deliveries, requests, frames] = [load.deliveries, traffic.requests, traffic.frames ?? 0].map(perSecond) as [
    number,
    number,
    number,
  ];
  const atAverage = tasksFor(workload.averageConnections, deliveries, requests, frames, service, traffic, facts);
  const atPeak = tasksFor(
    workload.connections,
    deliveries * load.peak.factor,
    requests * load.peak.factor,
    frames * load.peak.factor,
    service,
    traffic,
    facts,
  );

  const backbone = backboneItems(load, facts);
  const isRecoverable = stacks.some(({ recoverableTables }) => recoverableTables > 0);
  const items = [
    ...standingItems(stacks, load, facts),
    ...taskItems(atAverage.count, service, gatewaysOf(stacks), load, facts),
    item('metrics', 'Metrics', capacity.sseMetrics.value * load.months, 'metrics', prices.metricMonth, {
      kind: 'fixed',
      overlooked: true,
      from: [capacity.sseMetrics],
    }),
    item(
      'lcu',
      'Load balancer capacity',
      lcus(perSecond(load.connects), workload.averageConnections, (traffic.bytesDown + traffic.bytesUp) / Math.max(1, load.hours)) *
        load.hours,
      'LCU-hours',
      prices.lcuHour,
      { from: traffic.from },
    ),
    ...queueItems(atAverage.count, load, facts, stacks),
    ...backbone,
    ...(isRecoverable ? recoveryItem(backbone, facts) : []),
    keyRequests(atAverage.count + 1, load, facts),
    ...readItems(atAverage.count, service, workload, load, facts),
    ...webAclItems(traffic.requests, stacks, facts),
    ...transferItems(traffic.bytesDown, traffic.requests, stacks, facts, traffic.from),
  ];

  return {
    items: items.filter(({ quantity }) => quantity > 0),
    mayBeAdded: [secondTrail(atAverage.count, service, load, facts)],
    tasks: atPeak,
    limits: hubLimits(atPeak.count, service, workload, load, facts),
    delivery: hubDelivery(atPeak.count, service, load, facts),
  };
}

/** What each task costs: those that a stage always keeps are fixed, more of them grow with the load. */
function taskItems(count: number, service: DeployedService, natGateways: number, load: Load, { prices, capacity }: Facts): readonly Item[] {
  const split = (
    id: string,
    label: string,
    ofOne: number,
    unit: string,
    price: Price,
    overlooked = false,
    from: readonly Figure[] = [],
  ) => [
    item(id, label, service.minTasks * ofOne, unit, price, { kind: 'fixed', overlooked, from }),
    item(`${id}-more`, `${label}, beyond ${service.minTasks}`, (count - service.minTasks) * ofOne, unit, price, { overlooked, from }),
  ];
  const looks = load.seconds / (service.targetHealthSeconds * capacity.targetHealthJitter.value);
  const logBytes = capacity.taskLogBytesPerMinute.value * load.hours * 60;
  const natBytes = natGateways > 0 ? looks * capacity.targetHealthBytes.value + logBytes : 0;
  const receives = capacity.emptyReceivesPerHour.value * load.hours;

  return [
    ...split('task-cpu', 'Tasks: vCPU', service.vcpus * load.hours, 'vCPU-hours', prices.fargateVcpuHour),
    ...split('task-memory', 'Tasks: memory', service.memoryGb * load.hours, 'GB-hours', prices.fargateGbHour),
    ...split('task-ipv4', 'Public IPv4 addresses of tasks', service.publicAddress ? load.hours : 0, 'hours', prices.publicIpv4Hour, true),
    ...split('task-receives', 'Receives of tasks without events', receives, 'requests', prices.sqsRequest, true, [
      capacity.emptyReceivesPerHour,
    ]),
    ...split('task-logs', 'Logs of tasks', logBytes / GB, 'GB', prices.logGb, true, [capacity.taskLogBytesPerMinute]),
    ...split('task-nat', 'NAT: looks at target health, and logs', natBytes / GB, 'GB', prices.natGb, true, [
      capacity.targetHealthBytes,
      capacity.targetHealthJitter,
    ]),
  ];
}

const gatewaysOf = (stacks: readonly DeployedStack[]): number => Math.max(0, ...stacks.map(({ natGateways }) => natGateways));

/** Every task gets every event, whoever reads it. */
function queueItems(tasks: number, load: Load, { prices, capacity }: Facts, stacks: readonly DeployedStack[]): readonly Item[] {
  const perSecond = load.seconds > 0 ? load.publications / load.seconds : 0;
  // A call brings what has come since the last one. Those that are taken are deleted ten at a time, or after a second.
  const receives = Math.min(perSecond, Math.max(perSecond / MESSAGES_PER_CALL, BUSY_RECEIVERS / (capacity.queueCallMs.value / 1_000)));
  const deletes = Math.min(perSecond, Math.max(perSecond / MESSAGES_PER_CALL, 1));
  const ofEvents = load.events * (load.dataBytes + capacity.eventEnvelopeBytes.value);
  const bytes = tasks * (ofEvents + load.publications * (capacity.envelopeBytes.value - capacity.eventEnvelopeBytes.value));
  const zones = Math.max(0, ...stacks.map((stack) => stack.zones));
  const gateways = gatewaysOf(stacks);
  const natBytes = gateways > 0 ? bytes : 0;
  const crossing = zones > 0 ? Math.max(0, zones - gateways) / zones : 0;
  const from = [capacity.envelopeBytes, capacity.eventEnvelopeBytes];

  return [
    item('queue', 'Queues of tasks: receives and deletes', tasks * (receives + deletes) * load.seconds, 'requests', prices.sqsRequest, {
      from: [capacity.queueCallMs],
    }),
    item('nat-gb', 'NAT: events from queues', natBytes / GB, 'GB', prices.natGb, { overlooked: true, from }),
    item('cross-zone', 'Cross-zone traffic to the NAT gateway', (natBytes * crossing) / GB, 'GB', prices.crossZoneGb, {
      overlooked: true,
      from,
    }),
  ];
}

function readItems(
  tasks: number,
  { headCheckSeconds }: DeployedService,
  { averageConnections, subscriptionsPerConnection }: Workload,
  load: Load,
  { prices, capacity }: Facts,
): readonly Item[] {
  const subscriptions = averageConnections * subscriptionsPerConnection;
  // A task follows the channels that its own clients read.
  const followed = Math.min(load.channels * tasks, subscriptions);
  const replays = load.connects * subscriptionsPerConnection * capacity.replayReadUnits.value;
  return [
    item(
      'head-checks',
      `Event log: every channel's head each ${headCheckSeconds} s`,
      (followed * load.seconds) / headCheckSeconds,
      'read units',
      prices.dynamoRead,
      {
        overlooked: true,
      },
    ),
    item('replays', 'Event log: replays', replays, 'read units', prices.dynamoRead, { from: [capacity.replayReadUnits] }),
  ];
}

function secondTrail(tasks: number, service: DeployedService, load: Load, { prices, capacity }: Facts): Item {
  const looks = (tasks * load.seconds) / (service.targetHealthSeconds * capacity.targetHealthJitter.value);
  return item(
    'second-trail',
    'DescribeTargetHealth calls, if the account has a second CloudTrail trail',
    looks,
    'events',
    prices.secondTrailEvent,
    {
      kind: 'fixed',
      overlooked: true,
      from: [capacity.targetHealthJitter],
    },
  );
}

function hubLimits(tasks: number, service: DeployedService, workload: Workload, load: Load, facts: Facts): readonly Limit[] {
  const { quotas, capacity } = facts;
  const looksPerSecond = tasks / (service.targetHealthSeconds * capacity.targetHealthJitter.value);
  return [
    limit(
      'streams',
      'Streams on all tasks that the stage allows',
      workload.connections,
      setting(service.maxTasks * service.maxStreams, 'streams'),
    ),
    limit('tasks', 'Tasks that the stage allows', tasks, setting(service.maxTasks, 'tasks')),
    limit('vcpus', 'Fargate', tasks * service.vcpus, quotas.fargateVcpus),
    limit('queue', 'Notifications that each task takes from its queue', load.peak.publicationsPerSecond, {
      ...capacity.notificationsPerTask,
      value: capacity.notificationsPerTask.value * Math.min(1, service.vcpus),
      adjustable: false,
    }),
    limit('target-health', 'Looks at target health', looksPerSecond, quotas.targetHealthCallsPerSecond),
    limit('channels', 'Channels of one stream', workload.subscriptionsPerConnection, quotas.channelsPerStream),
    ...backboneLimits(load, facts),
  ].filter(({ use }) => use > 0);
}

function hubDelivery(tasks: number, service: DeployedService, load: Load, { capacity }: Facts): Delivery {
  const { publishP99Ms, busP99Ms, networkP99Ms, deliveryMicros } = capacity;
  const writingMs = ((load.peak.fanOut / tasks) * deliveryMicros.value) / Math.min(1, service.vcpus) / 1_000;
  return {
    p99Ms: publishP99Ms.value + busP99Ms.value + writingMs + networkP99Ms.value,
    from: [publishP99Ms, busP99Ms, deliveryMicros, networkP99Ms],
  };
}
