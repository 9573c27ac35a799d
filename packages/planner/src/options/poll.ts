import { loadOf } from '../load.ts';
import type { Option } from '../option.ts';
import { type HubTraffic, hubBill } from '../parts/hub.ts';
import { detours } from '../parts/shortcomings.ts';

export const poll: Option = {
  id: 'poll',
  label: 'Polling',
  status: 'built',
  summary: 'Clients ask the SSE lane every few seconds what is new; the same ids.',
  bill(workload, facts) {
    const load = loadOf(workload);
    const { capacity } = facts;
    const polls = load.connectionSeconds / workload.pollIntervalSeconds;
    const requests = polls + load.clientMessages;
    const traffic: HubTraffic = {
      bytesDown: load.deliveries * (load.dataBytes + capacity.websocketOverheadBytes.value) + requests * capacity.answerBytes.value,
      bytesUp: requests * capacity.requestBytes.value + load.clientMessages * load.clientBytes,
      requests,
      deliveriesPerCore: capacity.deliveriesPerCore.value,
      from: [capacity.websocketOverheadBytes, capacity.answerBytes, capacity.requestBytes],
    };
    const { publishP99Ms, networkP99Ms } = capacity;
    return {
      ...hubBill(workload, load, facts, traffic),
      delivery: {
        p99Ms: 990 * workload.pollIntervalSeconds + publishP99Ms.value + 2 * networkP99Ms.value,
        from: [publishP99Ms, networkP99Ms],
      },
      shortcomings: [
        ...detours(workload),
        { text: 'no sub-protocols', excludes: workload.subProtocol },
        { text: `an event waits for the next poll, up to ${workload.pollIntervalSeconds} s`, excludes: false },
      ],
    };
  },
};
