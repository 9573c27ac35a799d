import { item, limit } from '../items.ts';
import { GB, loadOf } from '../load.ts';
import type { Option } from '../option.ts';
import { losesEvents, needsUpgrade } from '../parts/shortcomings.ts';

/** What IoT Core bills as one message. */
const UNIT_BYTES = 5 * 1_024;

export const iotCore: Option = {
  id: 'iot-core',
  label: 'IoT Core',
  status: 'service',
  summary: 'MQTT over WebSocket through AWS IoT Core, with an MQTT library in the client.',
  assumptions: ['messages are published by clients and backends through IoT Core', 'rules, alarms and logs of your own are not counted'],
  bill(workload, facts) {
    const load = loadOf(workload, true);
    const { prices, quotas, capacity } = facts;
    const units = Math.ceil(load.dataBytes / UNIT_BYTES);
    const bytes = load.deliveries * (load.dataBytes + capacity.mqttOverheadBytes.value);
    const { serviceP99Ms, networkP99Ms } = capacity;
    return {
      items: [
        item('publishes', 'Messages published', load.events * units, 'messages', prices.iotMessage),
        item('deliveries', 'Messages: one a connection and event', load.deliveries * units, 'messages', prices.iotMessage),
        item('minutes', 'Connection minutes', load.connectionSeconds / 60, 'minutes', prices.iotMinute),
        item('transfer-out', 'Data transfer out', bytes / GB, 'GB', prices.transferOutGb, {
          overlooked: true,
          from: [capacity.mqttOverheadBytes],
        }),
      ].filter(({ quantity }) => quantity > 0),
      limits: [
        limit('subscriptions', 'Subscriptions of one connection', workload.subscriptionsPerConnection, quotas.iotSubscriptions),
        limit('publishes', 'Publishes of one connection', workload.clientMessagesPerSecond, quotas.iotPublishesPerSecond),
        limit('message-bytes', 'Size of a message', load.dataBytes, quotas.iotMessageBytes),
      ].filter(({ use }) => use > 0),
      delivery: { p99Ms: serviceP99Ms.value + networkP99Ms.value, from: [serviceP99Ms, networkP99Ms] },
      shortcomings: [
        losesEvents(
          workload,
          'persistent sessions keep messages for a while and up to a number; nothing tells a client what was dropped, and there is no order',
        ),
        { text: 'MQTT is the only sub-protocol', excludes: false },
        needsUpgrade(workload),
      ],
    };
  },
};
