import { createRandom } from '../chaos/random.ts';
import type { Member, UseCase } from './use-cases.ts';

/** Who publishes where. */
export interface Source {
  readonly channel: string;
  /** The client that sends; a backend does where it is undefined. */
  readonly sender: Member | undefined;
}

/** A publication at its time. */
export interface Planned extends Source {
  /** Since the beginning. */
  readonly atMs: number;
}

export function sourcesOf({ sender }: UseCase, members: readonly Member[]): readonly Source[] {
  if (sender === 'clients') return members.map((member) => ({ channel: member.channels[0] ?? '', sender: member }));
  return [...new Set(members.flatMap(({ channels }) => channels))].map((channel) => ({ channel, sender: undefined }));
}

/**
 * What is published within a time, in order. Each source begins at a moment within its interval that the seed draws, so that they do
 * not all publish at once.
 */
export function planPublications(sources: readonly Source[], eventsPerSecond: number, seconds: number, seed: number): readonly Planned[] {
  const random = createRandom(seed, 'schedule');
  const intervalMs = 1_000 / eventsPerSecond;
  return sources
    .flatMap((source) => {
      const firstMs = random.between(0, intervalMs);
      const count = Math.max(0, Math.ceil((seconds * 1_000 - firstMs) / intervalMs));
      return Array.from({ length: count }, (_, index) => ({ ...source, atMs: firstMs + index * intervalMs }));
    })
    .sort((a, b) => a.atMs - b.atMs);
}
