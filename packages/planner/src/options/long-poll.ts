import { loadOf } from '../load.ts';
import type { Option } from '../option.ts';
import { type HubTraffic, hubBill } from '../parts/hub.ts';
import { detours } from '../parts/shortcomings.ts';

/** The least time between two polls of a client: events that come meanwhile share an answer. */
const POLLS_PER_SECOND_AT_MOST = 1;

export const longPoll: Option = {
  id: 'long-poll',
  label: 'Long polling',
  status: 'built',
  summary: 'The SSE lane answers a request when an event is there, or after 25 s; the same ids.',
  bill(workload, facts) {
    const load = loadOf(workload);
    const { capacity } = facts;
    const pollsPerSecond = Math.min(
      Math.max(POLLS_PER_SECOND_AT_MOST, 1 / capacity.longPollSeconds.value),
      1 / capacity.longPollSeconds.value + load.eventsPerConnectionSecond,
    );
    const requests = pollsPerSecond * load.connectionSeconds + load.connects + load.clientMessages;
    const traffic: HubTraffic = {
      // An event in an answer has its name and time beside it, as in a WebSocket frame, without headers of its own.
      bytesDown: load.deliveries * (load.dataBytes + capacity.websocketOverheadBytes.value) + requests * capacity.answerBytes.value,
      bytesUp: requests * capacity.requestBytes.value + load.clientMessages * load.clientBytes,
      requests,
      deliveriesPerCore: capacity.deliveriesPerCore.value,
      from: [capacity.longPollSeconds, capacity.websocketOverheadBytes, capacity.answerBytes, capacity.requestBytes],
    };
    const bill = hubBill(workload, load, facts, traffic);
    // An event that comes just after an answer waits for the next request.
    const p99Ms = bill.delivery.p99Ms + 2 * capacity.networkP99Ms.value;
    return {
      ...bill,
      delivery: { ...bill.delivery, p99Ms },
      shortcomings: [
        ...detours(workload),
        { text: 'no sub-protocols', excludes: workload.subProtocol },
        { text: 'a request for each answer: headers, token and log line with every event', excludes: false },
      ],
    };
  },
};
