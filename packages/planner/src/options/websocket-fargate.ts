import { loadOf } from '../load.ts';
import type { Option } from '../option.ts';
import { type HubTraffic, hubBill } from '../parts/hub.ts';
import { needsUpgrade } from '../parts/shortcomings.ts';

/** A ping and its answer keep a quiet socket open, as a heartbeat does a stream. */
const PING_SECONDS = 15;

export const websocketFargate: Option = {
  id: 'websocket-fargate',
  label: 'WebSocket on Fargate',
  status: 'planned',
  summary: 'WebSocket on the tasks of the SSE lane, without API Gateway. Not built.',
  assumptions: [
    'a delivery costs the CPU that it costs as an event stream, within half and double',
    'a client message costs no request, and 1/20,000 of a core-second',
    'frames carry bytes, and sub-protocols are negotiated',
    'tasks, load balancer and backbone are those of the SSE lane',
  ],
  bill(workload, facts) {
    const load = loadOf(workload, true);
    const { capacity } = facts;
    const quietPerSecond = Math.max(0, 1 / PING_SECONDS - load.eventsPerConnectionSecond);
    const traffic: HubTraffic = {
      bytesDown:
        load.deliveries * (load.dataBytes + capacity.websocketOverheadBytes.value) +
        quietPerSecond * load.connectionSeconds * capacity.heartbeatBytes.value +
        load.connects * capacity.answerBytes.value,
      bytesUp:
        load.connects * capacity.requestBytes.value +
        load.clientMessages * (load.clientBytes + capacity.websocketOverheadBytes.value) +
        quietPerSecond * load.connectionSeconds * capacity.heartbeatBytes.value,
      requests: load.connects,
      frames: load.clientMessages,
      deliveriesPerCore: capacity.deliveriesPerCore.value / capacity.hubWebsocketFactor.value,
      from: [capacity.websocketOverheadBytes, capacity.heartbeatBytes, capacity.hubWebsocketFactor, capacity.hubMessagesPerCore],
    };
    return {
      ...hubBill(workload, load, facts, traffic),
      shortcomings: [{ text: 'not built yet', excludes: true }, needsUpgrade(workload)],
    };
  },
};
