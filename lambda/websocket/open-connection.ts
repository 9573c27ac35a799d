import { quote } from '../../backbone/domain/invalid-input.ts';
import type { Clock, ConnectionStore } from '../../backbone/ports.ts';
import { SUBPROTOCOL } from '../../backbone/protocol.ts';

export interface ConnectRequest {
  readonly connectionId: string;
  readonly principal: string;
  /** What the client offers, best first; empty when it offers none. */
  readonly subprotocols: readonly string[];
}

export interface OpenConnectionDependencies {
  readonly store: Pick<ConnectionStore, 'open'>;
  readonly clock: Clock;
}

export type ConnectAnswer =
  /** `subprotocol` is absent when the client offered none: a server may not choose one then. */
  { readonly kind: 'accepted'; readonly subprotocol?: string } | { readonly kind: 'rejected'; readonly reason: string };

/** Decides on a new connection, and records it: frames and deliveries work only for connections with a row. */
export async function openConnection(
  { connectionId, principal, subprotocols }: ConnectRequest,
  { store, clock }: OpenConnectionDependencies,
): Promise<ConnectAnswer> {
  const spoken = subprotocols.includes(SUBPROTOCOL);
  if (subprotocols.length > 0 && !spoken) {
    return { kind: 'rejected', reason: `none of the sub-protocols ${quote(subprotocols.join(', '))} is spoken here, only ${SUBPROTOCOL}` };
  }
  await store.open({ connectionId, principal, connectedAtMs: clock.nowMs() });
  return spoken ? { kind: 'accepted', subprotocol: SUBPROTOCOL } : { kind: 'accepted' };
}
