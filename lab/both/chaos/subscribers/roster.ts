import type { Connection } from '../../../../packages/client/src/index.ts';
import type { Random } from '../random.ts';
import type { NewToken } from '../tokens.ts';
import { eventSource } from './event-source.ts';
import { type ClientBehaviour, laneClient } from './lane-client.ts';
import { plainPoll } from './plain-poll.ts';
import { plainSocket } from './plain-socket.ts';
import type { Subscriber, SubscriberOptions, Urls } from './subscriber.ts';

export interface RosterOptions {
  readonly count: number;
  readonly channels: readonly string[];
  readonly urls: Urls;
  readonly randomOf: (stream: string) => Random;
  /** Who leaves for long stays away for longer than this. */
  readonly tokensOf: (subject: string, random: Random) => NewToken;
  readonly retentionMs: number;
  readonly onProblem: (text: string) => void;
  /** Reads channels of other kinds on the connections of some clients of every transport. */
  readonly beside: (name: string, connection: Connection) => void;
}

interface Kind {
  readonly name: string;
  readonly channels: number;
  /** On its connection it reads channels of other kinds too. Only for clients that stay to the end. */
  readonly isMixed: boolean;
  readonly open: (options: SubscriberOptions) => Subscriber;
}

/** In this order, again and again, until there are enough; each on the next channels in turn. */
function kinds(retentionMs: number): readonly Kind[] {
  const plain = (name: string, open: Kind['open'], channels = 1): Kind => ({ name, channels, isMixed: false, open });
  const client = (name: string, behaviour: ClientBehaviour, channels = 1): Kind =>
    plain(name, (options) => laneClient(options, behaviour), channels);
  const mixed = (name: string, behaviour: ClientBehaviour, channels = 1): Kind => ({ ...client(name, behaviour, channels), isMixed: true });
  return [
    mixed('client-sse', { transport: 'sse' }),
    mixed('client-websocket', { transport: 'websocket' }),
    plain('event-source', eventSource),
    mixed('client-poll', { transport: 'poll' }),
    mixed('client-switching', { transport: 'auto', switchEveryMs: 3_000 }),
    plain('plain-socket', plainSocket),
    mixed('client-auto', { transport: 'auto' }, 2),
    client('client-leaving-websocket', { transport: 'websocket', leaves: { afterMs: 6_000, forMs: 3_000 } }),
    plain('event-source-many', eventSource, 3),
    client('client-leaving-sse', { transport: 'sse', leaves: { afterMs: 5_000, forMs: 2_000 } }),
    mixed('client-slow-sse', { transport: 'sse', readDelayMs: 80 }),
    client('client-websocket-many', { transport: 'websocket' }, 2),
    plain('plain-poll-many', plainPoll, 3),
    client('client-switching-leaving', { transport: 'sse', switchEveryMs: 4_000, leaves: { afterMs: 12_000, forMs: 3_000 } }, 2),
    client('client-http2', { transport: 'sse', http2: true }, 3),
    client('client-away-for-long', { transport: 'auto', switchEveryMs: 5_000, leaves: { afterMs: 5_000, forMs: retentionMs + 4_000 } }),
    mixed('client-slow-websocket', { transport: 'websocket', readDelayMs: 80 }),
  ];
}

/** Opens all subscribers. */
export function openSubscribers({
  count,
  channels,
  urls,
  randomOf,
  tokensOf,
  retentionMs,
  onProblem,
  beside,
}: RosterOptions): readonly Subscriber[] {
  const all = kinds(retentionMs);
  return Array.from({ length: count }, (_, index) => {
    const kind = all[index % all.length];
    if (kind === undefined) throw new RangeError('there are no kinds of subscribers');
    const name = `${kind.name}.${index + 1}`;
    const own = Array.from({ length: Math.min(kind.channels, channels.length) }, (_, at) => channels[(index + at) % channels.length] ?? '');
    const random = randomOf(`subscriber/${name}`);
    return kind.open({
      name,
      channels: own,
      urls,
      random,
      newToken: tokensOf(name, randomOf(`token/${name}`)),
      onProblem,
      beside: kind.isMixed ? (connection) => beside(name, connection) : undefined,
    });
  });
}
