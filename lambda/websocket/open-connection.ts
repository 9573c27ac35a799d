import { METRICS } from '../../backbone/contract.ts';
import { type Access, AccessDeniedError, KeysUnavailableError } from '../../backbone/domain/access.ts';
import { type AccessPolicy, type Credentials, findToken } from '../../backbone/domain/credentials.ts';
import type { Clock, TokenVerifier } from '../../backbone/ports.ts';
import { SUBPROTOCOL } from '../../packages/protocol/index.ts';
import { quote } from '../../packages/protocol/invalid-input.ts';
import type { Telemetry } from '../telemetry.ts';
import type { ConnectionStore, PostQuota } from './ports.ts';

export interface ConnectRequest {
  readonly connectionId: string;
  /** The page that connects; only browsers say so. */
  readonly origin: string | undefined;
  /** The host of the distribution by which the client came, which has the lanes' own pages. No page can set it on an upgrade. */
  readonly viewerHost: string | undefined;
  readonly credentials: Credentials;
  /** What the client offers, best first, a token among them; empty when it offers none. */
  readonly subprotocols: readonly string[];
}

export interface OpenConnectionDependencies {
  readonly store: Pick<ConnectionStore, 'open'>;
  readonly verifier: TokenVerifier;
  readonly policy: AccessPolicy;
  readonly clock: Clock;
  /** Counts an upgrade like a frame: whoever comes and goes causes as much work as one who stays and sends. */
  readonly answers: PostQuota;
  /** Connections that one principal may have open. */
  readonly maxPerPrincipal: number;
}

export type ConnectResponse =
  /** `subprotocol` is absent when the client offered none: a server may not choose one then. */
  | { readonly kind: 'accepted'; readonly subprotocol?: string }
  /** API Gateway refuses the upgrade with this status. */
  | { readonly kind: 'rejected'; readonly status: 400 | 401 | 403 | 429 | 503; readonly reason: string };

/**
 * Decides on a new connection, and records it with what its token allows: frames and deliveries work only for connections
 * with a row, and only until the token's end.
 */
export async function openConnection(
  request: ConnectRequest,
  deps: OpenConnectionDependencies,
  telemetry: Telemetry,
): Promise<ConnectResponse> {
  const { connectionId, subprotocols } = request;
  const spoken = subprotocols.includes(SUBPROTOCOL);
  if (subprotocols.length > 0 && !spoken) {
    return {
      kind: 'rejected',
      status: 400,
      reason: `only the sub-protocol ${SUBPROTOCOL} is spoken here, and it is not among those offered`,
    };
  }
  try {
    const { principal, rights, expiresAtMs } = await authenticate(request, deps);
    const allowance = await deps.answers.take(principal, 1);
    if (allowance.kind !== 'allowed') {
      telemetry.metrics({ [METRICS.limitedFrames]: 1 });
      const message = `Connect limit reached: try again in ${Math.ceil(allowance.retryAfterMs / 1_000)} s`;
      return { kind: 'rejected', status: 429, reason: message };
    }
    const connection = { connectionId, principal, rights, expiresAtMs, connectedAtMs: deps.clock.nowMs() };
    if ((await deps.store.open(connection, deps.maxPerPrincipal)) === 'overLimit') {
      telemetry.metrics({ [METRICS.limitedConnections]: 1 });
      return { kind: 'rejected', status: 429, reason: `you have ${deps.maxPerPrincipal} connections open, as many as you may have` };
    }
  } catch (error) {
    return toRejection(error);
  }
  return spoken ? { kind: 'accepted', subprotocol: SUBPROTOCOL } : { kind: 'accepted' };
}

async function authenticate(
  { credentials, origin = '', viewerHost }: ConnectRequest,
  { verifier, policy }: OpenConnectionDependencies,
): Promise<Access> {
  const { token, carrier } = findToken(credentials, policy);
  // Browsers add the cookie whichever page connects, and ask nobody before they do (cross-site WebSocket hijacking).
  const isOwnPage = viewerHost !== undefined && origin === `https://${viewerHost}`;
  if (carrier === 'cookie' && !isOwnPage && !policy.origins.includes(origin)) {
    throw new AccessDeniedError('forbidden', `pages of the origin ${quote(origin)} may not connect with the session's cookie`);
  }
  return verifier.verify(token);
}

function toRejection(error: unknown): ConnectResponse {
  if (error instanceof AccessDeniedError)
    return { kind: 'rejected', status: error.code === 'forbidden' ? 403 : 401, reason: error.message };
  if (error instanceof KeysUnavailableError) return { kind: 'rejected', status: 503, reason: error.message };
  throw error;
}
