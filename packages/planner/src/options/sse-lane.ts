import { loadOf } from '../load.ts';
import type { Option } from '../option.ts';
import { type HubTraffic, hubBill } from '../parts/hub.ts';
import { detours } from '../parts/shortcomings.ts';
import { stacksOf } from '../parts/stacks.ts';

export const sseLane: Option = {
  id: 'sse-lane',
  label: 'SSE lane',
  status: 'built',
  summary: 'Server-Sent Events over HTTP/2 from Fargate tasks behind a load balancer; clients send by POST.',
  bill(workload, facts) {
    const load = loadOf(workload);
    const { capacity } = facts;
    const heartbeatSeconds = stacksOf(workload, ['Sse'])[0]?.service?.heartbeatSeconds ?? 15;
    // A stream is told that it lives only where nothing else was written.
    const heartbeatsPerSecond = Math.max(0, 1 / heartbeatSeconds - load.eventsPerConnectionSecond);
    const requests = load.connects + load.clientMessages;
    const traffic: HubTraffic = {
      bytesDown:
        load.deliveries * (load.dataBytes + capacity.sseOverheadBytes.value) +
        heartbeatsPerSecond * load.connectionSeconds * capacity.heartbeatBytes.value +
        requests * capacity.answerBytes.value,
      bytesUp: requests * capacity.requestBytes.value + load.clientMessages * load.clientBytes,
      requests,
      deliveriesPerCore: capacity.deliveriesPerCore.value,
      from: [capacity.sseOverheadBytes, capacity.heartbeatBytes, capacity.answerBytes, capacity.requestBytes],
    };
    return {
      ...hubBill(workload, load, facts, traffic),
      shortcomings: [
        ...detours(workload),
        { text: 'no sub-protocols: an event stream is text in one format', excludes: workload.subProtocol },
        {
          text: 'proxies that buffer responses hold events back, such as Varnish, lighttpd or nginx that ignores X-Accel-Buffering',
          excludes: false,
        },
        { text: 'what a client sends is an HTTP request of its own', excludes: false },
      ],
    };
  },
};
