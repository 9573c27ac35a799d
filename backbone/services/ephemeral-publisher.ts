import { randomBytes } from 'node:crypto';
import { InvalidInputError } from '../../packages/protocol/invalid-input.ts';
import type { NewBatch } from '../domain/batch.ts';
import type { EphemeralEvent } from '../domain/ephemeral-event.ts';
import { contentOf, type NewEvent } from '../domain/event.ts';
import type { Clock, EphemeralBus } from '../ports.ts';

/**
 * Publishes an event of an ephemeral channel: a notification and nothing else. An idempotency key has no effect,
 * because nothing remembers it.
 * @returns the event; it rejects with an InvalidInputError for a batch, or with whatever the bus throws, and may then
 * have been published nevertheless
 */
export type PublishEphemeral = (publication: NewEvent | NewBatch) => Promise<EphemeralEvent>;

/** One publisher per process: it counts, so that consumers can tell what is newer. */
export function createEphemeralPublisher({ bus, clock }: { readonly bus: EphemeralBus; readonly clock: Clock }): PublishEphemeral {
  const source = randomBytes(6).toString('base64url');
  let count = 0;
  return async (publication) => {
    const { channel } = publication;
    if ('events' in publication) {
      throw new InvalidInputError('invalid_body', `channel ${channel} is ephemeral and takes no batches: publish its events one by one`);
    }
    const event: EphemeralEvent = { channel, ...contentOf(publication), publishedAtMs: clock.nowMs(), source, count: ++count };
    await bus.announce(event);
    return event;
  };
}
