import { RingMemory } from './ring-memory.ts';
import { Shares } from './shares.ts';
import { Turns } from './turns.ts';

/** What one task can give to its users, divided among them. Every entrance takes from it what it holds. */
export interface TaskBudget {
  /**
   * Bytes that belong to one user's request or stream alone: pages of polls, replays, bodies, frames that no
   * other stream shares.
   */
  readonly memory: Shares;
  /** Request bodies that are being received or processed. */
  readonly bodies: Shares;
  /** Work on the event loop. */
  readonly turns: Turns;
  /** Memory for the rings of all channels, which users share. */
  readonly rings: RingMemory;
  /** Memory for the states of `latest` channels, which users share. Each counts against the principal that opened it first. */
  readonly latest: Shares;
  /** Channels that the task follows; each counts against the principal that opened it first. */
  readonly channels: Shares;
  /**
   * Requests refused because their principal had reached its share, and replays that had to drop what they
   * had read.
   */
  refused: number;
}

/**
 * How often users reached their share since the last call: a request was refused, or something was revoked
 * because others needed it.
 */
export function takeOverShare(budget: TaskBudget): number {
  const { refused } = budget;
  budget.refused = 0;
  return refused + budget.memory.takeRevoked() + budget.bodies.takeRevoked() + budget.channels.takeRevoked() + budget.latest.takeRevoked();
}

/**
 * Parts of the task's memory. The rest is for the process itself (about 100 MB), the streams (5 KB each, and
 * as much again in the kernel), and garbage that is not collected yet. `npm run bench:noisy` shows that the
 * total stays below three quarters.
 */
const MEMORY_PART = 1 / 6;
const RING_PART = 1 / 6;
const LATEST_PART = 1 / 12;

const MAX_BODIES = 512;

/** A channel with its feed and a ring of one small event: measured at 7 KB. */
const CHANNEL_BYTES = 8 * 1024;

/** @param memoryBytes the memory that the task may use */
export function createTaskBudget(memoryBytes: number): TaskBudget {
  const ringBytes = Math.floor(memoryBytes * RING_PART);
  return {
    memory: new Shares(Math.floor(memoryBytes * MEMORY_PART)),
    bodies: new Shares(MAX_BODIES),
    turns: new Turns(),
    rings: new RingMemory(ringBytes),
    latest: new Shares(Math.floor(memoryBytes * LATEST_PART)),
    channels: new Shares(Math.max(2, Math.floor(ringBytes / CHANNEL_BYTES))),
    refused: 0,
  };
}
