import type { Stage } from '../config.ts';
import { InvalidStageError } from '../config.ts';
import { dev } from './dev.ts';
import { prod } from './prod.ts';

/** Every stage that can be deployed. A new one is a new file here. */
export const STAGES: readonly Stage[] = [dev, prod];

/**
 * @param id the context value `stage`, as `cdk synth -c stage=prod` gives it
 * @throws InvalidStageError when there is no such stage
 */
export function stageNamed(id: unknown): Stage {
  const stage = STAGES.find((candidate) => candidate.id === id);
  if (stage === undefined) {
    throw new InvalidStageError(
      `There is no stage ${JSON.stringify(id)}. Choose one with -c stage=<id>: ${STAGES.map((known) => known.id).join(', ')}.`,
    );
  }
  return stage;
}
