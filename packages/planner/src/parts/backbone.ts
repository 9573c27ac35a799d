import type { Facts } from '../facts.ts';
import { item, limit } from '../items.ts';
import { GB, type Load } from '../load.ts';
import type { Item, Limit } from '../option.ts';

/** A write unit is a KB. */
const WRITE_UNIT_BYTES = 1_024;

/** What SNS and SQS bill as one. */
const MESSAGE_UNIT_BYTES = 65_536;

/** How long the shipped stages keep events: the more of 24 h and 72 h. */
const RETENTION_HOURS = 72;

/** Events in the log and on the topic, whichever lane carries them. */
export function backboneItems(load: Load, { prices, capacity }: Facts): readonly Item[] {
  const storedBytes = load.dataBytes + capacity.eventEnvelopeBytes.value;
  // A publication takes its seqs with one, and then each event is written.
  const unitsOfEvent = Math.ceil(storedBytes / WRITE_UNIT_BYTES);
  const writes = load.publications + load.events * unitsOfEvent;
  const keyWrites = load.clientMessages * capacity.keyWriteUnits.value;
  const storedGb = (Math.min(load.hours, RETENTION_HOURS) / Math.max(1, load.hours)) * ((load.events * storedBytes) / GB);
  const from = [capacity.eventEnvelopeBytes];

  return [
    item(
      'log-writes',
      `Event log: writes, one unit a publication and ${unitsOfEvent} an event`,
      writes,
      'write units',
      prices.dynamoWrite,
      {
        from,
      },
    ),
    item('key-writes', "Event log: idempotency keys of clients' messages", keyWrites, 'write units', prices.dynamoWrite, {
      from: [capacity.keyWriteUnits],
    }),
    item('log-storage', 'Event log: storage', storedGb, 'GB-months', prices.dynamoGbMonth, { from }),
    item(
      'topic',
      'Topic: publishes',
      load.publications * Math.ceil((load.together * storedBytes) / MESSAGE_UNIT_BYTES),
      'publishes',
      prices.snsPublish,
      { from },
    ),
  ];
}

export function backboneLimits(load: Load, { quotas }: Facts): readonly Limit[] {
  const channels = Math.max(1, load.channels);
  return [
    limit('event-bytes', 'Size of an event', load.dataBytes, quotas.eventBytes),
    limit('channel-writes', 'Events of one channel', load.peak.eventsPerSecond / channels, quotas.channelWritesPerSecond),
    limit('sns-publishes', 'Publishes to the topic', load.peak.publicationsPerSecond, quotas.snsPublishesPerSecond),
  ].filter(({ use }) => use > 0);
}

/** Storage for point-in-time recovery: an own price for the same gigabytes. */
export const recoveryItem = (items: readonly Item[], { prices }: Facts): readonly Item[] =>
  items
    .filter(({ id }) => id === 'log-storage')
    .map(({ quantity, from }) =>
      item('log-recovery', 'Event log: point-in-time recovery', quantity, 'GB-months', prices.dynamoRecoveryGbMonth, { from }),
    );

/** Data keys that SNS asks for on behalf of each publisher, and their use. */
export const keyRequests = (publishers: number, load: Load, { prices, capacity }: Facts): Item => {
  const requests = load.events > 0 ? (2 * publishers * load.seconds) / capacity.keyReuseSeconds.value : 0;
  return item('key-requests', 'KMS requests', Math.min(requests, 2 * load.publications), 'requests', prices.keyRequest, {
    overlooked: true,
    from: [capacity.keyReuseSeconds],
  });
};
