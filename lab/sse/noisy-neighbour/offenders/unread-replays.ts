import { parsePosition } from '../../../../packages/protocol/cursor.ts';
import { holdSockets, requestHead } from './held-sockets.ts';
import { isOneUser, type OffenderKind, userOf } from './offender.ts';

/** 13.5 MB. */
const HISTORY = { channels: ['noise.history'], events: 144, text: 'x', times: 94_000 };

/** A user has 100 streams in production. */
const STREAMS = { oneUser: 100, many: 600 };

/** Finding 1.2: streams that resume at the beginning of a long channel and read none of it. */
export const unreadReplays: OffenderKind = {
  finding: '1.2',
  title: 'resumes over 13.5 MB that nobody reads',
  prepare: (task) => task.call('fill', HISTORY),
  start: (attack) => {
    const [[channel, newest] = ['', '']] = Object.entries(attack.heads);
    const { epoch } = parsePosition(newest);
    return holdSockets({
      base: attack.base,
      count: isOneUser(attack) ? STREAMS.oneUser : STREAMS.many,
      request: (index) => [
        requestHead(`GET /v1/events?channel=${channel}`, {
          Accept: 'text/event-stream',
          Authorization: `Bearer ${userOf(attack, index).token}`,
          'Last-Event-ID': `${epoch}.0`,
        }),
      ],
    });
  },
};
