/** Schemas of the bodies and parameters of the SSE lane's HTTP interface. */
import * as v from 'valibot';
import type { AcceptedResponse, PollResponse, PresenceResponse, Problem, PublishResponse, Reset } from '../../index.ts';
import { MAX_LISTED_MEMBERS } from '../../presence.ts';
import {
  channelName,
  ephemeralEvent,
  newBatchFields,
  newEventFields,
  position,
  presenceChanges,
  presenceCount,
  presenceMember,
  presenceState,
  publishedAt,
  resetReason,
  wireEvent,
} from '../events.ts';
import type { Same } from '../same.ts';

export const cursor = v.pipe(
  v.string(),
  v.description('The cursor of one channel, or <channel>=<cursor> of several, joined by commas. Send back what you were given'),
  v.examples(['k3f9x2.8', 'orders=k3f9x2.8,chat=ab12.77']),
);

export const newEvent = v.object(newEventFields);

export const newBatch = v.object(newBatchFields);

export const publishResponse = v.object({ channel: channelName, id: position, publishedAt });

/** For an ephemeral channel. */
export const acceptedResponse = v.omit(publishResponse, ['id']);

export const reset = v.object({ channel: channelName, reason: resetReason });

export const pollResponse = v.object({
  events: v.array(wireEvent),
  ephemeral: v.exactOptional(
    v.pipe(v.array(ephemeralEvent), v.description('What came on ephemeral channels while the poll waited. Present only if there is any')),
  ),
  presence: v.exactOptional(
    v.pipe(v.array(presenceChanges), v.description('Present only if the poll asked for presence and there is a snapshot or a change')),
  ),
  cursor: v.pipe(
    cursor,
    v.description('Pass it as `after` to continue. It leaves ephemeral channels out, and is empty if there are no others'),
  ),
  resets: v.exactOptional(
    v.pipe(v.array(reset), v.description('Present only if a position could not be resumed: events of these channels were skipped')),
  ),
});

export const presenceResponse = v.object({
  channel: channelName,
  count: presenceCount,
  members: v.exactOptional(
    v.pipe(v.array(presenceMember), v.description(`Everybody who is present. Absent if there are more than ${MAX_LISTED_MEMBERS}`)),
  ),
  state: presenceState,
});

/** RFC 9457. `code` is text: a client must expect codes that it does not know. */
export const problem = v.pipe(
  v.object({
    type: v.literal('about:blank'),
    title: v.string(),
    status: v.pipe(v.number(), v.integer()),
    code: v.pipe(v.string(), v.description('What is wrong, for programs. Expect codes that you do not know')),
    detail: v.pipe(v.string(), v.description('What is wrong, for people, with the value, and what is allowed')),
  }),
  v.description('RFC 9457 problem details'),
);

true satisfies Same<v.InferOutput<typeof publishResponse>, PublishResponse>;
true satisfies Same<v.InferOutput<typeof acceptedResponse>, AcceptedResponse>;
true satisfies Same<v.InferOutput<typeof reset>, Reset>;
true satisfies Same<v.InferOutput<typeof pollResponse>, PollResponse>;
true satisfies Same<v.InferOutput<typeof presenceResponse>, PresenceResponse>;
true satisfies Same<v.InferOutput<typeof problem>, Problem>;
