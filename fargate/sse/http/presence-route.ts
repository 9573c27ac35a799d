import type { IncomingMessage, ServerResponse } from 'node:http';
import { requireRight } from '../../../backbone/domain/access.ts';
import { parseChannel } from '../../../packages/protocol/channel.ts';
import type { PresenceResponse } from '../../../packages/protocol/index.ts';
import { encodingTurn, leftSignal } from './client-left.ts';
import type { EventsRouteOptions } from './events-route.ts';
import { encodeItems, type Part, type Turn } from './poll-page.ts';
import { json, type Reply, refusal, unavailable } from './reply.ts';
import { single } from './request-target.ts';

/** `GET /v1/presence`. Undefined if the client has left. */
export async function getPresence(
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  { hub, budget, logger, authenticate }: EventsRouteOptions,
): Promise<Reply | undefined> {
  const { principal, ...access } = await authenticate(request, query);
  const channel = parseChannel(single(query, 'channel'));
  requireRight(access, 'subscribe', [channel]);
  if (response.destroyed) return undefined;
  const left = leftSignal(response);
  try {
    const found = await hub.presence.look(channel, principal, left);
    const reservation = budget.memory.reserve(principal, bytesOf(found), () => response.destroy());
    if (reservation === undefined) {
      budget.refused++;
      return refusal('busy');
    }
    response.on('close', () => reservation.release());
    const body = await encode(found, encodingTurn(budget, principal, left));
    return { ...json(200, {}), body };
  } catch (error) {
    if (left.aborted) return undefined;
    logger.error('could not answer who is present', { channel, error });
    return unavailable('unavailable', 'presence cannot be read right now: try again');
  }
}

function bytesOf({ members = [] }: PresenceResponse): number {
  return members.reduce((sum, { id, data = '' }) => sum + 64 + 2 * (id.length + data.length), 256);
}

async function encode({ channel, count, members, state }: PresenceResponse, turn: Turn): Promise<readonly Part[]> {
  if (members === undefined) return [JSON.stringify({ channel, count, state } satisfies PresenceResponse)];
  const head = `${JSON.stringify({ channel, count, state }).slice(0, -1)},"members":[`;
  return [head, ...(await encodeItems(members, (member) => member, turn)), ']}'];
}
