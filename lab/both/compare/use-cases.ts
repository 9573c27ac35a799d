import type { UseCaseId } from '../../../packages/planner/src/thresholds.ts';

/** One of the use cases, at a size that fits two cores with everything that runs on them: clients, link, lanes, and what stands for AWS. */
export interface UseCase {
  readonly id: UseCaseId;
  /** Rooms, documents, matches; or users with a channel of their own. */
  readonly groups: number;
  /** Of each group. */
  readonly clients: number;
  /** Of each group; all its clients subscribe to all of them. */
  readonly channels: number;
  /** Backends publish to each channel, clients to that of their group through their own transport. */
  readonly sender: 'backend' | 'clients';
  /** Of each channel where a backend sends, of each client where clients do. */
  readonly eventsPerSecond: number;
  /** Of `data`, UTF-8. */
  readonly eventBytes: number;
}

/**
 * Publishing is what costs most here: up to 35 ms of both cores for an event, emulated database included. About ten events a second leave
 * room. Rates of a day are compressed into seconds where otherwise nothing would happen, as with notifications.
 */
export const USE_CASES: readonly UseCase[] = [
  { id: 'live-feed', groups: 1, clients: 20, channels: 1, sender: 'backend', eventsPerSecond: 2, eventBytes: 300 },
  { id: 'chat', groups: 2, clients: 4, channels: 1, sender: 'clients', eventsPerSecond: 1, eventBytes: 200 },
  { id: 'collaborative-editing', groups: 2, clients: 3, channels: 1, sender: 'clients', eventsPerSecond: 1.5, eventBytes: 120 },
  { id: 'dashboard', groups: 1, clients: 8, channels: 3, sender: 'backend', eventsPerSecond: 1, eventBytes: 500 },
  { id: 'multiplayer-game', groups: 1, clients: 3, channels: 1, sender: 'clients', eventsPerSecond: 4, eventBytes: 100 },
  { id: 'ai-streaming', groups: 2, clients: 1, channels: 1, sender: 'backend', eventsPerSecond: 5, eventBytes: 64 },
  { id: 'notifications', groups: 8, clients: 1, channels: 1, sender: 'backend', eventsPerSecond: 1, eventBytes: 250 },
  { id: 'stock-prices', groups: 1, clients: 8, channels: 4, sender: 'backend', eventsPerSecond: 2, eventBytes: 80 },
];

export interface Member {
  /** Unique among the clients of a use case. */
  readonly name: string;
  readonly channels: readonly string[];
}

/** The clients of a use case with their channels. @param prefix begins the names of the channels */
export function membersOf({ groups, clients, channels }: UseCase, prefix: string): readonly Member[] {
  return numbers(groups).flatMap((group) => {
    const names = numbers(channels).map((channel) => `${prefix}.${group}.${channel}`);
    return numbers(clients).map((client) => ({ name: `${group}.${client}`, channels: names }));
  });
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
