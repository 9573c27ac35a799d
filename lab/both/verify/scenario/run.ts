import { endOfToken, refusals } from './access.ts';
import { acrossLanes, onceByKey, replay, sameEventsOnBothLanes } from './lanes.ts';
import { deadLetters, disconnects } from './left-behind.ts';
import { lostTask, stoppedTasks } from './tasks.ts';
import { ScenarioError, type Step, type World } from './world.ts';

/** In this order: the last ones take the tasks away. */
export const SCENARIO: readonly Step[] = [
  refusals,
  sameEventsOnBothLanes,
  replay,
  acrossLanes,
  onceByKey,
  endOfToken,
  deadLetters,
  disconnects,
  lostTask,
  stoppedTasks,
];

/**
 * Uses what was deployed, and prints what was seen.
 * @throws ScenarioError naming the step that failed, or the signal's reason when it aborts first
 */
export async function runScenario(steps: readonly Step[], world: World, print: (line: string) => void, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  // Nobody waits for it between two steps.
  aborted.catch(() => undefined);
  for (const { name, run } of steps) {
    signal.throwIfAborted();
    const startedMs = performance.now();
    const running = run(world).catch((cause: unknown) => {
      throw new ScenarioError(`${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    });
    // The step that is cut short fails later, when what it talks to is gone.
    const seen = await Promise.race([running, aborted]);
    print(`ok: ${name}\n    ${seen} (${((performance.now() - startedMs) / 1_000).toFixed(1)} s)`);
  }
}
