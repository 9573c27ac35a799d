import { item, limit } from '../items.ts';
import { GB, loadOf } from '../load.ts';
import type { Option } from '../option.ts';
import { backboneItems, backboneLimits } from '../parts/backbone.ts';
import { detours } from '../parts/shortcomings.ts';

export const lambdaStreaming: Option = {
  id: 'lambda-streaming',
  label: 'SSE from Lambda',
  status: 'service',
  summary: 'Response streaming: one execution environment for each open stream, 15 minutes at most.',
  assumptions: [
    'each stream looks into the event log by itself, once a second',
    'functions of 128 MB; what is streamed beyond the free part is not counted',
    'alarms, dashboards and a web ACL of your own are not counted',
  ],
  bill(workload, facts) {
    const load = loadOf(workload);
    const { prices, quotas, capacity } = facts;
    const memoryGb = capacity.lambdaStreamMemoryMb.value / 1_024;
    const starts = load.connects + load.connectionSeconds / (capacity.lambdaStreamMinutes.value * 60) + load.clientMessages;
    const looks = (load.connectionSeconds * workload.subscriptionsPerConnection) / capacity.lambdaLogPollSeconds.value;
    const bytes = load.deliveries * (load.dataBytes + capacity.sseOverheadBytes.value) + starts * capacity.answerBytes.value;
    const { publishP99Ms, networkP99Ms, lambdaLogPollSeconds } = capacity;
    return {
      items: [
        item('streams', 'Functions that hold a stream', load.connectionSeconds * memoryGb, 'GB-seconds', prices.lambdaGbSecond, {
          from: [capacity.lambdaStreamMemoryMb],
        }),
        item('invocations', 'Functions: invocations', starts, 'requests', prices.lambdaRequest, { from: [capacity.lambdaStreamMinutes] }),
        item('looks', 'Event log: looks of each stream', looks, 'read units', prices.dynamoRead, { from: [capacity.lambdaLogPollSeconds] }),
        item('function-logs', 'Logs of functions', (starts * capacity.functionLogBytes.value) / GB, 'GB', prices.logGb, {
          overlooked: true,
          from: [capacity.functionLogBytes],
        }),
        ...backboneItems(load, facts).filter(({ id }) => id !== 'topic'),
        item('transfer-out', 'Data transfer out', bytes / GB, 'GB', prices.transferOutGb, {
          overlooked: true,
          from: [capacity.sseOverheadBytes, capacity.answerBytes],
        }),
      ].filter(({ quantity }) => quantity > 0),
      limits: [
        limit('concurrency', 'Streams, each an execution environment', workload.connections, quotas.lambdaConcurrency),
        ...backboneLimits(load, facts),
      ],
      delivery: {
        p99Ms: publishP99Ms.value + lambdaLogPollSeconds.value * 1_000 + networkP99Ms.value,
        from: [publishP99Ms, lambdaLogPollSeconds, networkP99Ms],
      },
      shortcomings: [
        ...detours(workload),
        { text: 'no sub-protocols', excludes: workload.subProtocol },
        { text: 'a stream ends after 15 minutes, and a function cannot be told of an event: it has to ask', excludes: false },
        { text: 'nothing of it is built here: the handler, its access checks and its alarms are yours', excludes: false },
      ],
    };
  },
};
