import { item, limit } from '../items.ts';
import { GB, loadOf } from '../load.ts';
import type { Option } from '../option.ts';
import { detours, losesEvents, needsUpgrade } from '../parts/shortcomings.ts';

/** What AppSync bills as one operation. */
const UNIT_BYTES = 5 * 1_024;

export const appSyncEvents: Option = {
  id: 'appsync-events',
  label: 'AppSync Events',
  status: 'service',
  summary: "AWS's managed channels over WebSocket; publishing by HTTP or WebSocket.",
  assumptions: [
    'alarms and logs of your own are not counted',
    'its quotas of connections and operations are not compared: see its documentation',
  ],
  bill(workload, facts) {
    const load = loadOf(workload);
    const { prices, quotas, capacity } = facts;
    const units = Math.ceil(load.dataBytes / UNIT_BYTES);
    const handshakes = load.connects * (1 + workload.subscriptionsPerConnection);
    const bytes = load.deliveries * (load.dataBytes + capacity.websocketOverheadBytes.value);
    const { serviceP99Ms, networkP99Ms } = capacity;
    return {
      items: [
        item('publishes', 'Operations: events published', load.events * units, 'operations', prices.appSyncOperation),
        item('deliveries', 'Operations: one a connection and event', load.deliveries * units, 'operations', prices.appSyncOperation),
        item('handshakes', 'Operations: connects and subscribes', handshakes, 'operations', prices.appSyncOperation),
        item('minutes', 'Connection minutes', load.connectionSeconds / 60, 'minutes', prices.appSyncMinute),
        item('transfer-out', 'Data transfer out', bytes / GB, 'GB', prices.transferOutGb, {
          overlooked: true,
          from: [capacity.websocketOverheadBytes],
        }),
      ].filter(({ quantity }) => quantity > 0),
      limits: [limit('event-bytes', 'Size of an event', load.dataBytes, quotas.appSyncEventBytes)],
      delivery: { p99Ms: serviceP99Ms.value + networkP99Ms.value, from: [serviceP99Ms, networkP99Ms] },
      shortcomings: [
        ...detours(workload),
        losesEvents(workload, 'no replay: what a client misses while it is away is gone'),
        { text: 'no sub-protocols of your own', excludes: workload.subProtocol },
        needsUpgrade(workload),
      ],
    };
  },
};
