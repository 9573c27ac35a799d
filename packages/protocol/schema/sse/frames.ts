/** Schemas of what a stream sends: the fields of an event stream's frames, as an SSE parser hands them over. */
import * as v from 'valibot';
import { data, encoding, eventType } from '../events.ts';
import { cursor } from './http.ts';

/** `id:` is the position of the whole stream after this frame. */
const id = v.pipe(cursor, v.description('The position of the stream after this frame. Send it as Last-Event-ID to resume'));

export const streamOpening = v.pipe(
  v.object({
    retry: v.pipe(v.number(), v.integer(), v.description('Milliseconds before the client reconnects')),
    id: v.exactOptional(v.pipe(id, v.description('Left out if no channel is durable'))),
  }),
  v.description(
    'Begins every stream. For a new subscriber it is a frame without data, which dispatches nothing; for a client that resumes, the first event completes it',
  ),
);

export const streamEvent = v.pipe(
  v.object({
    id: v.exactOptional(v.pipe(id, v.description('Left out if the channel of the event is not durable'))),
    event: v.exactOptional(v.pipe(eventType, v.description('The type. Left out if it is message'))),
    encoding: v.exactOptional(v.pipe(encoding, v.description('Present if data is the base64 of bytes. EventSource ignores this field'))),
    data,
  }),
  v.description('A published event'),
);

export const streamReset = v.pipe(
  v.object({
    id,
    event: v.literal('reset'),
    data: v.pipe(
      v.string(),
      v.description('JSON: the channel, and the reason epoch_changed, expired or ahead'),
      v.examples(['{"channel":"orders","reason":"expired"}']),
    ),
  }),
  v.description('The events that the client missed on a channel cannot be sent: load the state anew'),
);

export const streamLatest = v.pipe(
  v.object({
    event: v.literal('latest'),
    data: v.pipe(
      v.string(),
      v.description('JSON: the channel, and the newest event of a key or its end'),
      v.examples([
        '{"channel":"prices","key":"EURUSD","version":"m3x1k2ab.1f","type":"message","data":"1.08","publishedAt":"2026-11-30T12:00:00.000Z"}',
      ]),
    ),
  }),
  v.description('A key of a latest channel: drop it if it is not newer than what you have'),
);

export const streamSnapshot = v.pipe(
  v.object({
    event: v.literal('snapshot'),
    data: v.pipe(
      v.string(),
      v.description('JSON: the channel, how many keys it has, and its state'),
      v.examples(['{"channel":"prices","keys":2,"state":"0wz1m9k1hd3k2a"}']),
    ),
  }),
  v.description('The end of a snapshot of a latest channel: forget every key that it did not bring, unless it is unchanged'),
);

export const streamPresence = v.pipe(
  v.object({
    event: v.literal('presence'),
    data: v.pipe(
      v.string(),
      v.description('JSON: PresenceChanges of openapi.json. It has no id: the position of the stream stays'),
      v.examples(['{"channel":"room","count":2,"changes":[{"id":"ann","connections":1}],"state":"1pinq0ipq9bpg"}']),
    ),
  }),
  v.description('Who came, changed or left, if the request has presence=true: a snapshot of each channel, and then changes'),
);

export const streamExpired = v.pipe(
  v.object({ event: v.literal('expired'), data: v.pipe(v.string(), v.examples(['{"code":"token_expired"}'])) }),
  v.description('The last frame of a stream whose token has expired: connect again with a new one'),
);
