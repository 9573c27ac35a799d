import type { DeployedStack } from '../deployed.ts';
import type { Facts } from '../facts.ts';
import { usdFor } from '../figure.ts';
import { item, limit } from '../items.ts';
import { GB, type Load, loadOf } from '../load.ts';
import type { Delivery, Item, Limit, Option } from '../option.ts';
import { backboneItems, backboneLimits, keyRequests, recoveryItem } from '../parts/backbone.ts';
import { detours, needsUpgrade } from '../parts/shortcomings.ts';
import { stacksOf, standingItems } from '../parts/stacks.ts';
import { transferItems } from '../parts/traffic.ts';
import type { Workload } from '../workload.ts';

/** What API Gateway bills as one message. */
const MESSAGE_UNIT_BYTES = 32_768;

/** A read unit of DynamoDB. */
const READ_UNIT_BYTES = 4_096;

/** Memory at which a function has a whole vCPU (Lambda's documentation). */
const MB_PER_VCPU = 1_769;

export const websocketLane: Option = {
  id: 'websocket-lane',
  label: 'WebSocket lane',
  status: 'built',
  summary: 'API Gateway holds the connections; functions answer frames and post each event to each connection.',
  bill(workload, facts) {
    const load = loadOf(workload);
    const stacks = stacksOf(workload, ['Backbone', 'Edge', 'Websocket']);
    const backbone = backboneItems(load, facts);
    const isRecoverable = stacks.some(({ recoverableTables }) => recoverableTables > 0);
    const items = [
      ...standingItems(stacks, load, facts),
      ...laneItems(workload, load, facts, stacks),
      ...backbone,
      ...(isRecoverable ? recoveryItem(backbone, facts) : []),
      keyRequests(2, load, facts),
    ];
    return {
      items: items.filter(({ quantity }) => quantity > 0),
      limits: limits(workload, load, facts, stacks),
      delivery: delivery(load, facts, stacks),
      shortcomings: [
        ...detours(workload),
        { text: 'no sub-protocols but its own: the response to $connect selects lanes.v1.json', excludes: workload.subProtocol },
        needsUpgrade(workload),
        { text: 'API Gateway ends every connection after 2 h', excludes: false },
      ],
    };
  },
};

/** Events that were published together come in one frame, to clients that ask for it, as ours does. */
const postsOf = ({ deliveries, together }: Load): number => deliveries / together;

/** What clients ask for without anything having happened. */
interface Upkeep {
  /** A check is one frame for all channels of a connection, so that an event that was lost as the last one is found. */
  readonly checks: number;
  /** A client that connects subscribes to each of its channels. */
  readonly subscribes: number;
}

function upkeepOf({ subscriptionsPerConnection }: Workload, load: Load, { capacity }: Facts): Upkeep {
  return {
    checks: load.connectionSeconds / capacity.clientCheckSeconds.value,
    subscribes: load.connects * subscriptionsPerConnection,
  };
}

function laneItems(workload: Workload, load: Load, facts: Facts, stacks: readonly DeployedStack[]): readonly Item[] {
  const { prices, capacity } = facts;
  const upkeep = upkeepOf(workload, load, facts);
  const { checks, subscribes } = upkeep;
  const units = (bytes: number) => Math.ceil(bytes / MESSAGE_UNIT_BYTES);
  const delivered = postsOf(load) * units(load.together * (load.dataBytes + capacity.websocketOverheadBytes.value));
  // A published message, and the answer that has its id.
  const sent = load.clientMessages * (units(load.clientBytes + capacity.websocketOverheadBytes.value) + 1);
  const frames = checks + subscribes + load.clientMessages;
  const isUsed = load.connectionSeconds > 0 || load.events > 0;
  const isDetailed = stacks.some(({ detailedMetrics }) => detailedMetrics);
  const metrics = isUsed ? capacity.websocketMetrics : capacity.websocketIdleMetrics;
  const bytesDown =
    delivered > 0 || frames > 0
      ? load.deliveries * (load.dataBytes + capacity.websocketOverheadBytes.value) +
        checks * workload.subscriptionsPerConnection * capacity.headBytes.value +
        (checks + subscribes * (capacity.subscribeMessages.value - 1) + load.clientMessages) * capacity.websocketOverheadBytes.value +
        load.connects * capacity.answerBytes.value
      : 0;

  return [
    ...messageItems(delivered, sent, upkeep, facts),
    item('minutes', 'Connection minutes', load.connectionSeconds / 60, 'minutes', prices.websocketMinute),
    ...functionItems(load, frames, facts, stacks),
    ...tableItems(workload, load, upkeep, facts),
    item('metrics', 'Metrics', metrics.value * load.months, 'metrics', prices.metricMonth, {
      kind: isUsed ? 'growing' : 'fixed',
      overlooked: true,
      from: [metrics],
    }),
    item(
      'detailed-metrics',
      'Detailed metrics of API Gateway',
      isUsed && isDetailed ? capacity.detailedMetrics.value * load.months : 0,
      'metrics',
      prices.metricMonth,
      { overlooked: true, from: [capacity.detailedMetrics] },
    ),
    item('access-log', 'Access log', ((2 * load.connects + frames) * capacity.accessLogBytes.value) / GB, 'GB', prices.logGb, {
      overlooked: true,
      from: [capacity.accessLogBytes],
    }),
    ...transferItems(bytesDown, load.connects, stacks, facts, [capacity.websocketOverheadBytes, capacity.headBytes, capacity.answerBytes]),
  ];
}

/** Tiers count all messages together: what clients ask for comes last, and pays the price of the last tier. */
function messageItems(delivered: number, sent: number, { checks, subscribes }: Upkeep, { prices, capacity }: Facts): readonly Item[] {
  const price = prices.websocketMessage;
  const { clientCheckSeconds, checkMessages, subscribeMessages } = capacity;
  const items = [
    item('messages', 'Messages: one a connection and publication', delivered, 'messages', price),
    item('client-messages', 'Messages that clients send, and answers', sent, 'messages', price),
    item('subscribe-messages', 'Messages of clients that connect', subscribes * subscribeMessages.value, 'messages', price, {
      from: [subscribeMessages],
    }),
    item('checks', "Messages of the client's checks", checks * checkMessages.value, 'messages', price, {
      overlooked: true,
      from: [clientCheckSeconds, checkMessages],
    }),
  ];
  let counted = 0;
  return items.map((each) => {
    const before = usdFor(counted, price);
    counted += each.quantity;
    return { ...each, usdPerMonth: usdFor(counted, price) - before };
  });
}

function functionItems(load: Load, frames: number, { prices, capacity }: Facts, stacks: readonly DeployedStack[]): readonly Item[] {
  const perPostMs = postMs(stacks, capacity);
  const memoryGb = (stacks.find(({ fanOut }) => fanOut)?.fanOut?.memoryMb ?? 0) / 1_024;
  // The first invocation posts to the first connections and cuts the rest into jobs.
  const posts = postsOf(load);
  const fanOuts = load.publications + posts / capacity.postsPerJob.value;
  const gbSeconds = (posts * perPostMs * memoryGb) / 1_000;
  const frameGbSeconds = ((frames + 2 * load.connects) * capacity.frameMs.value * (capacity.frameMemoryMb.value / 1_024)) / 1_000;
  const invocations = fanOuts + frames + 2 * load.connects;

  return [
    item('invocations', 'Functions: invocations', invocations, 'requests', prices.lambdaRequest, { from: [capacity.postsPerJob] }),
    item('fan-out', 'Functions: posting', gbSeconds, 'GB-seconds', prices.lambdaGbSecond, {
      from: [capacity.postCpuMicros, capacity.postMs],
    }),
    item('frames', 'Functions: frames and connections', frameGbSeconds, 'GB-seconds', prices.lambdaGbSecond, { from: [capacity.frameMs] }),
    item('function-logs', 'Logs of functions', (invocations * capacity.functionLogBytes.value) / GB, 'GB', prices.logGb, {
      overlooked: true,
      from: [capacity.functionLogBytes],
    }),
    // A receive and a delete for events, and a send before them for jobs.
    item('queue', 'Queues of the fan-out', 2 * load.publications + (3 * posts) / capacity.postsPerJob.value, 'requests', prices.sqsRequest),
  ];
}

function tableItems(workload: Workload, load: Load, { checks, subscribes }: Upkeep, { prices, capacity }: Facts): readonly Item[] {
  const rowsRead = (postsOf(load) * capacity.subscriptionRowBytes.value) / READ_UNIT_BYTES + load.publications;
  const checkReads = checks * capacity.checkReadUnits.value * (1 + workload.subscriptionsPerConnection);
  // Besides what it takes to subscribe, each subscription is removed in the end.
  const writes = load.connects * capacity.connectWriteUnits.value + subscribes * (capacity.subscribeWriteUnits.value + 1);
  // Quotas of answers and of publications.
  const messageWrites = 2 * load.clientMessages;
  return [
    item('rows', 'Tables: connections come and go', writes, 'write units', prices.dynamoWrite, {
      from: [capacity.connectWriteUnits, capacity.subscribeWriteUnits],
    }),
    item('check-writes', "Tables: the client's checks", checks * capacity.checkWriteUnits.value, 'write units', prices.dynamoWrite, {
      overlooked: true,
      from: [capacity.checkWriteUnits, capacity.clientCheckSeconds],
    }),
    item('message-writes', 'Tables: limits of clients that send', messageWrites, 'write units', prices.dynamoWrite),
    item('subscribers', 'Tables: who gets an event', rowsRead + load.clientMessages, 'read units', prices.dynamoRead, {
      from: [capacity.subscriptionRowBytes],
    }),
    item(
      'subscribe-reads',
      'Tables and log: reads of clients that connect',
      subscribes * capacity.subscribeReadUnits.value,
      'read units',
      prices.dynamoRead,
      { from: [capacity.subscribeReadUnits] },
    ),
    item('check-reads', "Tables and log: reads of the client's checks", checkReads, 'read units', prices.dynamoRead, {
      overlooked: true,
      from: [capacity.checkReadUnits, capacity.clientCheckSeconds],
    }),
  ];
}

/** Time of an invocation that goes into one post: its CPU, or its share of the posts in flight. */
function postMs(stacks: readonly DeployedStack[], capacity: Facts['capacity']): number {
  const fanOut = stacks.find((stack) => stack.fanOut !== undefined)?.fanOut;
  if (fanOut === undefined) return 0;
  const cpuMs = (capacity.postCpuMicros.value / 1_000) * Math.max(1, MB_PER_VCPU / fanOut.memoryMb);
  return Math.max(cpuMs, capacity.postMs.value / fanOut.postConcurrency);
}

function limits(workload: Workload, load: Load, facts: Facts, stacks: readonly DeployedStack[]): readonly Limit[] {
  const { quotas } = facts;
  const { checks, subscribes } = upkeepOf(workload, load, facts);
  const upkeepPerSecond = load.seconds > 0 ? (checks + subscribes) / load.seconds : 0;
  const framesPerSecond = upkeepPerSecond * load.peak.factor + load.peak.clientMessagesPerSecond;
  const incoming = framesPerSecond + load.peak.connectsPerSecond;
  const stageRate = stacks.find((stack) => stack.requestsPerSecond !== undefined)?.requestsPerSecond ?? quotas.apiRequestsPerSecond.value;
  // Each frame is answered by a post or two.
  const requests = load.peak.deliveriesPerSecond / load.together + incoming + 2 * framesPerSecond;
  return [
    limit('requests', 'Posts, frames and connects', requests, quotas.apiRequestsPerSecond),
    limit('stage-rate', 'Frames and connects that the stage lets in', incoming, {
      ...quotas.apiRequestsPerSecond,
      value: stageRate,
      isSetting: true,
      unit: 'requests a second of the stage',
      source: 'lib/websocket/websocket-stages.ts',
    }),
    limit('connects', 'New connections', load.peak.connectsPerSecond, quotas.websocketConnectsPerSecond),
    limit('message-bytes', 'Size of a message', load.dataBytes + facts.capacity.websocketOverheadBytes.value, quotas.websocketMessageBytes),
    limit('channels', 'Channels of one connection', workload.subscriptionsPerConnection, quotas.channelsPerWebSocket),
    ...backboneLimits(load, facts),
  ].filter(({ use }) => use > 0);
}

function delivery(load: Load, { capacity, quotas }: Facts, stacks: readonly DeployedStack[]): Delivery {
  const { publishP99Ms, busP99Ms, networkP99Ms, postMs: post, postCpuMicros } = capacity;
  const fanOut = stacks.find((stack) => stack.fanOut !== undefined)?.fanOut;
  const parts = Math.min(fanOut?.maxConcurrency ?? 1, Math.max(1, load.peak.fanOut / capacity.postsPerJob.value));
  const postingMs = post.value + (load.peak.fanOut * postMs(stacks, capacity)) / parts;
  const beyondBurst = Math.max(0, load.peak.fanOut - quotas.apiRequestBurst.value);
  const throttledMs = (beyondBurst / quotas.apiRequestsPerSecond.value) * 1_000;
  return {
    p99Ms: publishP99Ms.value + busP99Ms.value + Math.max(postingMs, throttledMs) + networkP99Ms.value,
    from: [publishP99Ms, busP99Ms, post, postCpuMicros, networkP99Ms],
  };
}
