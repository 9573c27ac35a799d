import { requireRight, requireUnexpired } from '../../backbone/domain/access.ts';
import type { KindOf } from '../../backbone/domain/channel-kind.ts';
import type { Clock } from '../../backbone/ports.ts';
import type { PublishEphemeral } from '../../backbone/services/ephemeral-publisher.ts';
import type { InvalidInputError } from '../../packages/protocol/invalid-input.ts';
import type { RegisteredConnection } from './domain/connection.ts';
import type { FrameSender } from './frame-sender.ts';
import type { Command } from './parse-frame.ts';
import type { PostOutcome, PublishQuota } from './ports.ts';

export interface EphemeralDependencies {
  readonly kindOf: KindOf;
  readonly publishEphemeral: PublishEphemeral;
  /** Counts without a write: see `createLocalPublishQuota`. */
  readonly ephemeralQuota: PublishQuota;
  readonly clock: Clock;
}

type Publish = Command & { readonly action: 'publish' };

/** The frame, if it publishes on an ephemeral channel. */
export function ephemeralPublishOf(
  command: Command | InvalidInputError,
  { kindOf }: Pick<EphemeralDependencies, 'kindOf'>,
): Publish | undefined {
  if (!('action' in command) || command.action !== 'publish') return undefined;
  return kindOf(command.publication.channel) === 'ephemeral' ? command : undefined;
}

/**
 * Publishes for a frame that the quota has let through. Only a frame with a `requestId` is answered: of a cursor's
 * positions nobody wants to hear.
 * @throws AccessDeniedError, and whatever the bus throws
 */
export async function publishEphemeral(
  { publication }: Publish,
  connection: RegisteredConnection,
  repeated: { readonly requestId?: string },
  sender: FrameSender,
  deps: EphemeralDependencies,
): Promise<PostOutcome> {
  const { channel } = publication;
  requireUnexpired(connection, deps.clock.nowMs());
  requireRight(connection, 'publish', [channel]);
  await deps.publishEphemeral(publication);
  return repeated.requestId === undefined ? { kind: 'sent' } : sender.send({ kind: 'accepted', channel, ...repeated });
}
