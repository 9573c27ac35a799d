import { item } from '../items.ts';
import { loadOf } from '../load.ts';
import type { Option } from '../option.ts';
import { type HubTraffic, hubBill } from '../parts/hub.ts';
import { losesEvents } from '../parts/shortcomings.ts';

/** Items of the SSE lane that a broker with a bus of its own does without. */
const OF_OUR_BUS = [
  'log-writes',
  'key-writes',
  'log-storage',
  'log-recovery',
  'topic',
  'queue',
  'nat-gb',
  'cross-zone',
  'key',
  'key-requests',
];
const OF_OUR_TASKS = ['head-checks', 'replays', 'task-receives', 'task-receives-more', 'metrics'];

/** Valkey Serverless bills this much at least. */
const LEAST_GB = 0.1;

export const broker: Option = {
  id: 'broker',
  label: 'Self-hosted broker',
  status: 'service',
  summary: 'Centrifugo, nchan or the like on the same tasks, with Valkey as their bus.',
  assumptions: [
    'load balancer, network, tasks and alarms are those of the SSE lane',
    'Valkey Serverless carries one command an event and task; history is kept in it',
    'streams a task as ours; measured brokers take four to thirteen times our memory a stream',
  ],
  bill(workload, facts) {
    const load = loadOf(workload, true);
    const { prices, capacity } = facts;
    const traffic: HubTraffic = {
      bytesDown: load.deliveries * (load.dataBytes + capacity.websocketOverheadBytes.value) + load.connects * capacity.answerBytes.value,
      bytesUp:
        load.connects * capacity.requestBytes.value + load.clientMessages * (load.clientBytes + capacity.websocketOverheadBytes.value),
      requests: load.connects,
      frames: load.clientMessages,
      deliveriesPerCore: capacity.brokerDeliveriesPerCore.value,
      from: [capacity.websocketOverheadBytes, capacity.brokerDeliveriesPerCore, capacity.hubMessagesPerCore],
    };
    const bill = hubBill(workload, load, facts, traffic);
    const commands = load.events * (1 + (bill.tasks?.count ?? 1)) * Math.ceil(load.dataBytes / 1_024);
    const { brokerBusP99Ms, networkP99Ms, brokerDeliveriesPerCore } = capacity;
    const writingMs = (load.peak.fanOut / (bill.tasks?.count ?? 1) / brokerDeliveriesPerCore.value) * 1_000;
    return {
      ...bill,
      items: [
        ...bill.items.filter(({ id }) => ![...OF_OUR_BUS, ...OF_OUR_TASKS].includes(id)),
        item('valkey', 'Valkey Serverless', LEAST_GB * load.hours, 'GB-hours', prices.valkeyGbHour, { kind: 'fixed' }),
        item('valkey-units', 'Valkey: commands', commands, 'ECPUs', prices.valkeyUnit),
      ],
      // What reads our log or our queues does not exist here.
      limits: bill.limits.filter(({ id }) => ['streams', 'tasks', 'vcpus'].includes(id)),
      mayBeAdded: [],
      delivery: {
        p99Ms: brokerBusP99Ms.value + writingMs + networkP99Ms.value,
        from: [brokerBusP99Ms, brokerDeliveriesPerCore, networkP99Ms],
      },
      shortcomings: [
        losesEvents(workload, 'no log: what its history does not reach, or a failover of Valkey loses, is lost'),
        { text: 'sub-protocols of its own only', excludes: workload.subProtocol },
        { text: 'software of others to configure, upgrade and watch', excludes: false },
      ],
    };
  },
};
