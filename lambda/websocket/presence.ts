import { type PresenceKey, type PresenceNotification, toPresenceResponse, versionAfter } from '../../backbone/domain/presence.ts';
import type { Clock, PresenceBus, PresenceStore } from '../../backbone/ports.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import { MAX_PRESENT_CHANNELS } from '../../packages/protocol/presence.ts';
import { PRESENCE_LEASE_MS } from './contract.ts';
import type { Connection, RegisteredConnection } from './domain/connection.ts';
import { encodePresenceFrames } from './domain/presence-frames.ts';
import type { FrameSender } from './frame-sender.ts';
import { FramesLimitedError } from './limits.ts';
import type { ConnectionStore, OnClosed, PostOutcome, PostQuota } from './ports.ts';

/** Pings within the first quarter of a lease do not renew it. Our client pings after half of it at the latest. */
const RENEW_BELOW_MS = (PRESENCE_LEASE_MS * 3) / 4;

export interface PresenceDependencies {
  readonly store: Pick<ConnectionStore, 'enter' | 'leave' | 'renew' | 'find'>;
  readonly presence: PresenceStore;
  readonly presenceBus: PresenceBus;
  readonly clock: Clock;
}

/**
 * Makes the connection present on a channel, or changes what it says about itself.
 * @returns `gone` if it was closed in the meantime: it is not present then
 * @throws InvalidInputError `too_many_channels`
 */
export async function enter(
  { channel, data }: { readonly channel: string; readonly data: string },
  connection: RegisteredConnection,
  { store, presence, presenceBus, clock }: PresenceDependencies,
): Promise<'entered' | 'gone'> {
  const { connectionId } = connection;
  const version = versionAfter(connection.presence.version, clock.nowMs());
  const leaseUntilMs = leaseEndMs(connection, clock);
  // The connection's row comes first: whoever closes the connection finds the channel there.
  const entered = await store.enter(connectionId, channel, { version, untilMs: leaseUntilMs });
  if (entered === 'full') {
    throw new InvalidInputError(
      'too_many_channels',
      `the connection is present on ${MAX_PRESENT_CHANNELS} channels and cannot be on ${quote(channel)}: leave one with absent, or open another connection`,
    );
  }
  if (entered === 'gone') return 'gone';
  const key = keyOf(channel, connection);
  const row = { data, connections: 1, version, leaseUntilMs };
  await presence.write([{ ...key, ...row }], []);
  // Whoever has closed it since has found no row to delete.
  if ((await store.find(connectionId)) === undefined) {
    await presence.write([], [key]);
    return 'gone';
  }
  await presenceBus.tell({ channel, owner: connectionId, changes: [{ member: key.member, ...row }] });
  return 'entered';
}

/** Ends the connection's presence on a channel, if it is present there. */
export async function leave(
  channel: string,
  connection: RegisteredConnection,
  { store, presence, presenceBus, clock }: PresenceDependencies,
): Promise<void> {
  if (!connection.presence.channels.includes(channel)) return;
  const version = versionAfter(connection.presence.version, clock.nowMs());
  await presence.write([], [keyOf(channel, connection)]);
  await store.leave(connection.connectionId, channel, version);
  await presenceBus.tell(departure(channel, connection, version));
}

/** Call it for a ping. Writes only if a quarter of the lease has passed: a row for each channel, and the connection's. */
export async function renewLeases(
  connection: RegisteredConnection,
  { store, presence, clock }: Pick<PresenceDependencies, 'store' | 'presence' | 'clock'>,
): Promise<void> {
  const { channels, leaseUntilMs } = connection.presence;
  const untilMs = leaseEndMs(connection, clock);
  if (channels.length === 0 || untilMs <= leaseUntilMs || leaseUntilMs - clock.nowMs() > RENEW_BELOW_MS) return;
  const keys = channels.map((channel) => keyOf(channel, connection));
  await presence.extend(keys, untilMs);
  await store.renew(connection.connectionId, untilMs);
}

/** Ends the presence of connections that were closed. If it fails, their leases end it. */
export function createOnClosed({
  presence,
  presenceBus,
  clock,
}: Pick<PresenceDependencies, 'presence' | 'presenceBus' | 'clock'>): OnClosed {
  return async (closed) => {
    const { channels, version } = closed.presence;
    const departed = versionAfter(version, clock.nowMs());
    await presence.write(
      [],
      channels.map((channel) => keyOf(channel, closed)),
    );
    await Promise.all(channels.map((channel) => presenceBus.tell(departure(channel, closed, departed))));
  };
}

/**
 * Sends everybody who is present on a channel, unless the client has that already. The frames count as answers.
 * @param known the state that the client has; @default none
 * @returns undefined if nothing was sent
 * @throws FramesLimitedError
 */
export async function sendSnapshot(
  channel: string,
  known: string | undefined,
  { principal }: Connection,
  sender: FrameSender,
  { presence, answers }: Pick<PresenceDependencies, 'presence'> & { readonly answers: PostQuota },
): Promise<PostOutcome | undefined> {
  const { count, members, state } = toPresenceResponse(channel, await presence.read(channel));
  if (state === known) return undefined;
  const frames = encodePresenceFrames({ channel, count, ...(members && { changes: members, snapshot: true }), state });
  const allowance = await answers.take(principal, frames.length);
  if (allowance.kind !== 'allowed') throw new FramesLimitedError(answers.perSecond, allowance.retryAfterMs);
  let outcome: PostOutcome | undefined;
  for (const frame of frames) {
    outcome = await sender.sendText(frame);
    if (outcome.kind !== 'sent') break;
  }
  return outcome;
}

/** No longer than the connection may live. */
function leaseEndMs({ expiresAtMs }: Connection, clock: Clock): number {
  return Math.min(clock.nowMs() + PRESENCE_LEASE_MS, expiresAtMs);
}

type Present = Pick<Connection, 'connectionId' | 'principal'>;

/** A connection is an owner by itself. */
function keyOf(channel: string, { connectionId, principal }: Present): PresenceKey {
  return { channel, owner: connectionId, member: principal };
}

function departure(channel: string, { connectionId, principal }: Present, version: number): PresenceNotification {
  return { channel, owner: connectionId, changes: [{ member: principal, data: '', connections: 0, version }] };
}
