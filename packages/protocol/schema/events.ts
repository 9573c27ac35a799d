/** Schemas of what every lane sends and accepts. The types are those of `../index.ts`. */
import * as v from 'valibot';
import { POSITION } from '../cursor.ts';
import { MAX_LAST } from '../history.ts';
import type {
  BatchAnswer,
  BatchedEvent,
  ChannelKind,
  EphemeralWireEvent,
  LatestBatchAnswer,
  LatestEntry,
  LatestResponse,
  NewLatestEntry,
  PresenceChanges,
  PresenceMember,
  ResetReason,
  SnapshotEnd,
  WireEvent,
} from '../index.ts';
import { KEY, NAME } from '../names.ts';
import { MAX_LISTED_MEMBERS, MAX_PRESENCE_DATA_BYTES } from '../presence.ts';
import { MAX_BATCH_EVENTS, MAX_DATA_BYTES, MAX_LATEST_DATA_BYTES, MAX_LATEST_KEYS, RESERVED_TYPES } from '../publication.ts';
import { STATE_TAG } from '../state-tag.ts';
import { VERSION } from '../version.ts';
import type { Same } from './same.ts';

export const channelName = v.pipe(
  v.string(),
  v.regex(NAME),
  // As `isUrlStep` has it.
  v.notValues(['.', '..']),
  v.description('Name of a channel: 1 to 128 of A-Z a-z 0-9 _ . : -'),
  v.examples(['orders']),
);

/** `k3f9.1042` */
export const position = v.pipe(
  v.string(),
  v.regex(POSITION),
  v.description('Cursor of an event, <epoch>.<seq>: opaque to clients, resumable on every lane. 0.0 comes before the first event.'),
  v.examples(['k3f9x2.8']),
);

export const eventType = v.pipe(v.string(), v.regex(NAME), v.description('What kind of event it is, for the application'));

/** The type of an event that somebody wants to publish. */
export const newEventType = v.pipe(
  v.string(),
  v.regex(NAME),
  v.notValues([...RESERVED_TYPES]),
  v.description('What kind of event it is, for the application. Default: message'),
);

export const data = v.pipe(v.string(), v.description('Text with LF line ends, unless there is an encoding; JSON travels as text'));

/** The data of an event that somebody wants to publish. */
export const newData = v.pipe(
  v.string(),
  v.description(`Text, at most ${MAX_DATA_BYTES} bytes as UTF-8. CRLF and CR become LF. Put JSON in as text`),
);

export const encoding = v.pipe(
  v.literal('base64'),
  v.description('The event carries bytes: data is their base64 (RFC 4648, section 4), with padding and without line breaks'),
);

/** A field that must be missing. */
const missing = v.exactOptional(v.never());

/** The fields of a publication of one event. */
export const newEventFields = {
  type: v.exactOptional(newEventType),
  data: newData,
  encoding: v.exactOptional(encoding),
  events: missing,
  conflationKey: missing,
  removed: missing,
};

export const conflationKey = v.pipe(
  v.string(),
  v.regex(NAME),
  v.description(
    `Of whose events the channel keeps the newest: 1 to 128 of A-Z a-z 0-9 _ . : - A channel has at most ${MAX_LATEST_KEYS} keys`,
  ),
);

/** The fields of a publication of one event on a `latest` channel. */
export const newLatestFields = {
  conflationKey,
  type: v.exactOptional(newEventType),
  data: v.pipe(
    v.string(),
    v.description(`Text, at most ${MAX_LATEST_DATA_BYTES} bytes as UTF-8. CRLF and CR become LF. Put JSON in as text`),
  ),
  encoding: missing,
  events: missing,
  removed: missing,
};

/** The fields that remove a key of a `latest` channel. */
export const removalFields = {
  conflationKey,
  removed: v.pipe(v.literal(true), v.description('Removes the key')),
  type: missing,
  data: missing,
  encoding: missing,
  events: missing,
};

const besideEvents = { channel: missing, key: missing };

/** The fields of a publication of several events on a `latest` channel. */
export const newLatestBatchFields = {
  events: v.pipe(
    v.array(v.union([v.object({ ...newLatestFields, ...besideEvents }), v.object({ ...removalFields, ...besideEvents })])),
    v.minLength(1),
    v.maxLength(MAX_BATCH_EVENTS),
    v.description('Each with another conflationKey. One event that is not valid refuses all'),
  ),
  type: missing,
  data: missing,
  encoding: missing,
  conflationKey: missing,
  removed: missing,
};

/** The fields of a publication of several events. */
export const newBatchFields = {
  events: v.pipe(
    v.array(
      v.object({
        type: v.exactOptional(newEventType),
        data: newData,
        encoding: v.exactOptional(encoding),
        channel: missing,
        key: missing,
        conflationKey: missing,
        removed: missing,
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_BATCH_EVENTS),
    v.description('Published in this order. One event that is not valid refuses all. Not for ephemeral channels'),
  ),
  type: missing,
  data: missing,
  encoding: missing,
  conflationKey: missing,
  removed: missing,
};

export const idempotencyKey = v.pipe(
  v.string(),
  v.regex(KEY),
  v.description('A repeated key with the same content is published once; with other content it is refused as idempotency_conflict'),
);

/** How many of the last events are wanted. */
export const last = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_LAST));

export const publishedAt = v.pipe(v.string(), v.isoTimestamp(), v.description('RFC 3339 time with milliseconds, UTC'));

export const resetReason = v.pipe(
  v.picklist(['epoch_changed', 'expired', 'ahead']),
  v.description('The log was wiped or restored, the events are past their retention, or the cursor is beyond the newest event'),
);

export const channelKind = v.pipe(
  v.picklist(['durable', 'latest', 'ephemeral']),
  v.description('What is kept of the events of the channel: all of them for the retention, the newest one of each key, or nothing'),
);

export const batchedEvent = v.object({ id: position, type: eventType, data, encoding: v.exactOptional(encoding), publishedAt });

export const wireEvent = v.object({ channel: channelName, ...batchedEvent.entries });

export const ephemeralEvent = v.pipe(
  v.omit(wireEvent, ['id']),
  v.description('An event of an ephemeral channel: nobody can resume after it'),
);

const version = v.pipe(
  v.string(),
  v.regex(VERSION),
  v.description(
    '<createdAt>.<count> in base36. Of two versions of a key, the one with the later createdAt is newer, then the one with the higher count',
  ),
  v.examples(['m3x1k2ab.1f']),
);

/** The tag of a set of entries: see `state-tag.ts`. */
export const state = v.pipe(
  v.string(),
  v.regex(STATE_TAG),
  v.description('Which entries there are: the same text for the same keys and versions. Opaque to clients, which send it back'),
);

export const latestEntry = v.pipe(
  v.union([
    v.object({ key: conflationKey, version, type: eventType, data, publishedAt }),
    v.object({ key: conflationKey, version, removed: v.literal(true), publishedAt }),
  ]),
  v.description('The newest event of a key, or the end of the key. Drop what is not newer than what you have'),
);

export const snapshotEnd = v.object({
  channel: channelName,
  keys: v.pipe(v.number(), v.integer(), v.description('How many keys the channel has')),
  state,
  unchanged: v.exactOptional(v.pipe(v.literal(true), v.description('You have this state already, so that no entries were sent'))),
});

export const latestResponse = v.object({ channel: channelName, conflationKey, version, publishedAt });

export const latestBatchAnswer = v.object({
  channel: channelName,
  events: v.pipe(
    v.array(
      v.union([
        v.object({ conflationKey, version, publishedAt }),
        v.object({
          error: v.object({
            code: v.pipe(
              v.picklist(['too_many_keys', 'unavailable']),
              v.description('The event was not published, or may or may not have been'),
            ),
            message: v.string(),
          }),
        }),
      ]),
    ),
    v.description('A result for each event, in the order of the batch'),
  ),
});

export const batchAnswer = v.object({
  channel: channelName,
  events: v.pipe(
    v.array(
      v.union([
        v.object({ id: position, publishedAt }),
        v.object({
          error: v.object({
            code: v.pipe(
              v.picklist(['publish_contended', 'unavailable']),
              v.description('The event was not published, or may or may not have been. Send the batch again with the same key'),
            ),
            message: v.string(),
          }),
        }),
      ]),
    ),
    v.description('A result for each event, in the order of the batch'),
  ),
});

export const presenceData = v.pipe(
  v.string(),
  v.description(`What the member says about itself: at most ${MAX_PRESENCE_DATA_BYTES} bytes of UTF-8`),
);

const memberFields = {
  id: v.pipe(v.string(), v.description("The subject of the member's token: any characters. Empty where clients need no token")),
  data: v.exactOptional(v.pipe(v.string(), v.description('What its newest connection says about it'))),
};

export const presenceMember = v.object({
  ...memberFields,
  connections: v.pipe(v.number(), v.integer(), v.minValue(1), v.description('How many of its connections are present')),
});

/** Members of a channel. */
export const presenceCount = v.pipe(v.number(), v.integer(), v.minValue(0), v.description('Members, not connections'));

export const presenceState = v.pipe(
  v.string(),
  v.description('Opaque text that is the same wherever the same members are known. Send it back to learn what has changed since'),
);

const presenceChange = v.object({
  ...memberFields,
  connections: v.pipe(v.number(), v.integer(), v.minValue(0), v.description('0 if the member has left')),
});

export const presenceChanges = v.object({
  channel: channelName,
  count: presenceCount,
  changes: v.exactOptional(
    v.pipe(v.array(presenceChange), v.description(`Absent if there are more than ${MAX_LISTED_MEMBERS} members: forget their names then`)),
  ),
  snapshot: v.exactOptional(
    v.pipe(v.literal(true), v.description('The changes, and those of the parts that follow, list everybody: forget all others')),
  ),
  more: v.exactOptional(
    v.pipe(v.literal(true), v.description('More parts follow. Only the state of the last one is that of what was sent')),
  ),
  state: presenceState,
});

true satisfies Same<v.InferOutput<typeof presenceMember>, PresenceMember>;
true satisfies Same<v.InferOutput<typeof presenceChanges>, PresenceChanges>;
true satisfies Same<v.InferOutput<typeof batchedEvent>, BatchedEvent>;
true satisfies Same<v.InferOutput<typeof wireEvent>, WireEvent>;
true satisfies Same<v.InferOutput<typeof ephemeralEvent>, EphemeralWireEvent>;
true satisfies Same<v.InferOutput<typeof batchAnswer>, BatchAnswer>;
true satisfies Same<v.InferOutput<typeof channelKind>, ChannelKind>;
true satisfies Same<v.InferOutput<typeof resetReason>, ResetReason>;
true satisfies Same<v.InferOutput<typeof latestEntry>, LatestEntry>;
true satisfies Same<v.InferOutput<typeof snapshotEnd>, SnapshotEnd>;
true satisfies Same<v.InferOutput<typeof latestResponse>, LatestResponse>;
true satisfies Same<v.InferOutput<typeof latestBatchAnswer>, LatestBatchAnswer>;
true satisfies Same<v.InferOutput<typeof newLatestBatchFields.events>[number], NewLatestEntry>;
