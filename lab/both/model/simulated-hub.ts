import { MemoryEventBus } from '../../../backbone/memory/memory-event-bus.ts';
import { MemoryPresenceStore } from '../../../backbone/memory/memory-presence-store.ts';
import { createTaskBudget } from '../../../fargate/sse/budget/task-budget.ts';
import { Turns } from '../../../fargate/sse/budget/turns.ts';
import { Hub, type HubOptions } from '../../../fargate/sse/hub/hub.ts';
import type { Simulation } from './simulation.ts';
import { hubTouch } from './touches.ts';

/** Of a task, more than a run can use. */
const MEMORY_BYTES = 512 * 1024 * 1024;

/** Heartbeats decide nothing, and where interleavings are counted they would only multiply them. */
export const NEVER_MS = 1_000_000_000;

/** A hub whose time is that of the simulation. */
export function openSimulatedHub(
  hub: 0 | 1,
  simulation: Simulation,
  options: Pick<HubOptions, 'log' | 'latest' | 'retentionMs'> & Partial<HubOptions>,
): Hub {
  const name = `hub ${hub}`;
  const clock = simulation.clockOf([hubTouch(hub)]);
  return new Hub({
    clock,
    presenceStore: new MemoryPresenceStore({ clock }),
    presenceBus: new MemoryEventBus(),
    logger: {
      info: () => {},
      warn: (message) => simulation.note(`${name} warns: ${message}`),
      error: (message) => simulation.note(`${name} errs: ${message}`),
    },
    graceMs: 5_000,
    heartbeatIntervalMs: NEVER_MS,
    headCheckIntervalMs: 30_000,
    retryMinMs: 1_000,
    retryMaxMs: 1_000,
    maxStreams: 100,
    maxUnsentBytes: 1_000_000,
    // How busy this machine is must decide nothing.
    budget: { ...createTaskBudget(MEMORY_BYTES), turns: new Turns(() => 0) },
    ...options,
  });
}
