/** Schemas of the frames of the WebSocket lane. The types are those of `../../index.ts`. */
import * as v from 'valibot';
import { type ClientFrame, MAX_REQUEST_ID_LENGTH, type ServerFrame } from '../../index.ts';
import {
  batchAnswer,
  batchedEvent,
  channelKind,
  channelName,
  ephemeralEvent,
  idempotencyKey,
  newBatchFields,
  newEventFields,
  position,
  presenceChanges,
  presenceData,
  presenceState,
  resetReason,
  wireEvent,
} from '../events.ts';
import type { Same } from '../same.ts';

const requestId = v.exactOptional(
  v.pipe(v.string(), v.maxLength(MAX_REQUEST_ID_LENGTH), v.description('Repeated in every answer to the frame')),
);

/** What a client sends, by `action`, except that `publishBatch` is a `publish` frame too. */
export const CLIENT_FRAMES = {
  subscribe: v.object({
    action: v.literal('subscribe'),
    channel: channelName,
    after: v.exactOptional(v.pipe(position, v.description('Where to resume. Without it the subscription starts at the id of subscribed'))),
    batch: v.exactOptional(v.pipe(v.boolean(), v.description('The client accepts events frames for what it has missed'))),
    presence: v.exactOptional(
      v.pipe(v.boolean(), v.description('Follows who is present on the channel too. Without it, presence is no longer followed')),
    ),
    presenceState: v.exactOptional(
      v.pipe(presenceState, v.description('With presence: the state that the client has. If it is still the same, no snapshot is sent')),
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
  ping: v.object({
    action: v.literal('ping'),
    heads: v.exactOptional(v.pipe(v.boolean(), v.description('Asks where the log is'))),
    presenceStates: v.exactOptional(
      v.pipe(
        v.record(v.string(), presenceState),
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
        v.pipe(position, v.description('Where a subscription without after starts. Left out if the channel is ephemeral')),
      ),
      channelKind: v.exactOptional(v.pipe(channelKind, v.description('Left out if the channel is durable'))),
      requestId,
    }),
    v.description('The subscription has begun'),
  ),
  event: v.object({ kind: v.literal('event'), ...wireEvent.entries }),
  ephemeral: v.object({ kind: v.literal('ephemeral'), ...ephemeralEvent.entries }),
  events: v.pipe(
    v.object({ kind: v.literal('events'), channel: channelName, events: v.array(batchedEvent) }),
    v.description('Several events in order, missed or published together, for a client that asked with batch'),
  ),
  caughtUp: v.pipe(
    v.object({ kind: v.literal('caughtUp'), channel: channelName, id: position, requestId }),
    v.description('Everything that exists up to id was sent'),
  ),
  published: v.object({ kind: v.literal('published'), channel: channelName, id: position, requestId }),
  publishedBatch: v.pipe(
    v.object({ kind: v.literal('publishedBatch'), ...batchAnswer.entries, requestId }),
    v.description('Answers a publish frame with events'),
  ),
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
    heads: v.exactOptional(v.pipe(v.record(v.string(), position), v.description('The newest position of each subscribed channel'))),
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
