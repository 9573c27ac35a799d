/** Schemas of the frames of the WebSocket lane. The types are those of `../../index.ts`. */
import * as v from 'valibot';
import { DEFAULT_LAST } from '../../history.ts';
import { type ClientFrame, MAX_REQUEST_ID_LENGTH, type ServerFrame } from '../../index.ts';
import {
  batchAnswer,
  batchedEvent,
  channelKind,
  channelName,
  ephemeralEvent,
  idempotencyKey,
  last,
  latestBatchAnswer,
  latestEntry,
  latestResponse,
  newBatchFields,
  newEventFields,
  newLatestBatchFields,
  newLatestFields,
  position,
  presenceChanges,
  presenceData,
  removalFields,
  resetReason,
  snapshotEnd,
  state,
  wireEvent,
} from '../events.ts';
import type { Same } from '../same.ts';

const requestId = v.exactOptional(
  v.pipe(v.string(), v.maxLength(MAX_REQUEST_ID_LENGTH), v.description('Repeated in every answer to the frame')),
);

/** A state of presence that the server has sent. Empty, which is none, if the client has nothing yet. */
const knownState = v.pipe(v.string(), v.regex(/^[a-z0-9.]{0,32}$/));

const unusedKey = v.exactOptional(v.pipe(idempotencyKey, v.description('Has no effect')));

/** What a client sends, by `action`; names that begin with `publish`, and `remove`, are all `publish` frames. */
export const CLIENT_FRAMES = {
  subscribe: v.object({
    action: v.literal('subscribe'),
    channel: channelName,
    after: v.exactOptional(v.pipe(position, v.description('Where to resume. Without it the subscription starts at the id of subscribed'))),
    last: v.exactOptional(v.pipe(last, v.description('Begin with this many of the last events, unless after says where'))),
    batch: v.exactOptional(v.pipe(v.boolean(), v.description('The client accepts events frames for what it has missed'))),
    state: v.exactOptional(v.pipe(state, v.description('Of a latest channel: if it is still so, no entries are sent'))),
    presence: v.exactOptional(
      v.pipe(v.boolean(), v.description('Follows who is present on the channel too. Without it, presence is no longer followed')),
    ),
    presenceState: v.exactOptional(
      v.pipe(knownState, v.description('With presence: the state that the client has. If it is still the same, no snapshot is sent')),
    ),
    requestId,
  }),
  unsubscribe: v.object({ action: v.literal('unsubscribe'), channel: channelName, requestId }),
  publish: v.object({
    action: v.literal('publish'),
    channel: channelName,
    ...newEventFields,
    key: v.exactOptional(idempotencyKey),
    requestId,
  }),
  publishBatch: v.object({
    action: v.literal('publish'),
    channel: channelName,
    ...newBatchFields,
    key: v.exactOptional(idempotencyKey),
    requestId,
  }),
  publishLatest: v.object({ action: v.literal('publish'), channel: channelName, ...newLatestFields, key: unusedKey, requestId }),
  remove: v.object({ action: v.literal('publish'), channel: channelName, ...removalFields, key: unusedKey, requestId }),
  publishLatestBatch: v.object({ action: v.literal('publish'), channel: channelName, ...newLatestBatchFields, key: unusedKey, requestId }),
  history: v.object({
    action: v.literal('history'),
    channel: channelName,
    before: v.exactOptional(v.pipe(position, v.description('The event before which to read. Default: the newest events'))),
    last: v.exactOptional(v.pipe(last, v.description(`The most events. Default: ${DEFAULT_LAST}`))),
    requestId,
  }),
  ping: v.object({
    action: v.literal('ping'),
    heads: v.exactOptional(v.pipe(v.boolean(), v.description('Asks where the log is, and which states latest channels have'))),
    presenceStates: v.exactOptional(
      v.pipe(
        v.record(v.string(), knownState),
        v.description('The presence that the client has, by channel. For each channel where it is another, a snapshot follows the pong'),
      ),
    ),
    requestId,
  }),
  present: v.object({
    action: v.literal('present'),
    channel: channelName,
    data: v.exactOptional(presenceData),
    requestId,
  }),
  absent: v.object({ action: v.literal('absent'), channel: channelName, requestId }),
} as const;

/** What the server sends, by `kind`. */
export const SERVER_FRAMES = {
  subscribed: v.pipe(
    v.object({
      kind: v.literal('subscribed'),
      channel: channelName,
      id: v.exactOptional(
        v.pipe(position, v.description('Where a subscription without after starts. Left out if the channel is not durable')),
      ),
      channelKind: v.exactOptional(v.pipe(channelKind, v.description('Left out if the channel is durable'))),
      requestId,
    }),
    v.description('The subscription has begun'),
  ),
  event: v.object({ kind: v.literal('event'), ...wireEvent.entries }),
  ephemeral: v.object({ kind: v.literal('ephemeral'), ...ephemeralEvent.entries }),
  latest: v.pipe(
    v.object({ kind: v.literal('latest'), channel: channelName, entries: v.array(latestEntry), requestId }),
    v.description('A part of a snapshot of a latest channel, with the requestId of its subscribe, or what has changed'),
  ),
  snapshot: v.pipe(
    v.object({ kind: v.literal('snapshot'), ...snapshotEnd.entries, requestId }),
    v.description('The end of a snapshot: forget every key that it did not bring, unless it is unchanged'),
  ),
  events: v.pipe(
    v.object({ kind: v.literal('events'), channel: channelName, events: v.array(batchedEvent) }),
    v.description('Several events in order, missed or published together, for a client that asked with batch'),
  ),
  caughtUp: v.pipe(
    v.object({ kind: v.literal('caughtUp'), channel: channelName, id: position, requestId }),
    v.description('Everything that exists up to id was sent'),
  ),
  history: v.pipe(
    v.object({
      kind: v.literal('history'),
      channel: channelName,
      events: v.pipe(v.array(batchedEvent), v.description('In order. The id of the first is the before of the next page')),
      more: v.pipe(v.boolean(), v.description('Whether the log has events before these')),
      requestId,
    }),
    v.description('Answers history: as many of the wanted events as fit into 32 KB, or one'),
  ),
  published: v.object({ kind: v.literal('published'), channel: channelName, id: position, requestId }),
  publishedBatch: v.pipe(
    v.object({ kind: v.literal('publishedBatch'), ...batchAnswer.entries, requestId }),
    v.description('Answers a publish frame with events'),
  ),
  publishedLatest: v.object({ kind: v.literal('publishedLatest'), ...latestResponse.entries, requestId }),
  publishedLatestBatch: v.object({ kind: v.literal('publishedLatestBatch'), ...latestBatchAnswer.entries, requestId }),
  accepted: v.pipe(
    v.object({ kind: v.literal('accepted'), channel: channelName, requestId }),
    v.description('Answers a publication on an ephemeral channel, if it has a requestId'),
  ),
  unsubscribed: v.object({ kind: v.literal('unsubscribed'), channel: channelName, requestId }),
  reset: v.pipe(
    v.object({ kind: v.literal('reset'), channel: channelName, reason: resetReason }),
    v.description('Events of the channel were skipped: load the state anew'),
  ),
  error: v.object({
    kind: v.literal('error'),
    code: v.pipe(v.string(), v.description('What is wrong, for programs. Expect codes that you do not know')),
    message: v.string(),
    id: v.exactOptional(v.pipe(position, v.description('With replay_incomplete: everything up to it was sent. Request the rest after it'))),
    retryAfterMs: v.exactOptional(v.pipe(v.number(), v.description('When to try again'))),
    requestId,
  }),
  pong: v.object({
    kind: v.literal('pong'),
    heads: v.exactOptional(v.pipe(v.record(v.string(), position), v.description('The newest position of each durable channel'))),
    states: v.exactOptional(v.pipe(v.record(v.string(), state), v.description('The state of each latest channel, if there is one'))),
    requestId,
  }),
  present: v.object({ kind: v.literal('present'), channel: channelName, requestId }),
  absent: v.object({ kind: v.literal('absent'), channel: channelName, requestId }),
  presence: v.pipe(
    v.object({ kind: v.literal('presence'), ...presenceChanges.entries }),
    v.description('Who is present on a channel: everybody, or what has changed'),
  ),
} as const;

type FrameOf<Frames extends Readonly<Record<string, v.GenericSchema>>> = { [K in keyof Frames]: v.InferOutput<Frames[K]> }[keyof Frames];

true satisfies Same<FrameOf<typeof CLIENT_FRAMES>, ClientFrame>;
true satisfies Same<FrameOf<typeof SERVER_FRAMES>, ServerFrame>;
