import { InvalidStageError, type Stage } from './stage.ts';
import { dev } from './stages/dev.ts';
import { minimal } from './stages/minimal.ts';
import { preview } from './stages/preview.ts';
import { prod } from './stages/prod.ts';
import { verify } from './stages/verify.ts';
import { checkTimeouts } from './timeouts.ts';

/** Every stage that can be deployed. To add one, add a file under `lib/stages/` and a name here. */
export const STAGES: readonly Stage[] = [minimal, dev, preview, prod, verify];

/**
 * A stage whose timeouts agree with each other.
 *
 * @param id the context value `stage`, as in `cdk synth -c stage=prod`
 * @param stages @default every stage of this file
 * @throws InvalidStageError if there is no such stage, TimeoutConflictError if its timeouts contradict each
 * other
 */
export function stageNamed(id: unknown, stages: readonly Stage[] = STAGES): Stage {
  const stage = stages.find((candidate) => candidate.id === id);
  if (stage === undefined) {
    throw new InvalidStageError(
      `There is no stage ${JSON.stringify(id)}. Choose one with -c stage=<id>: ${stages.map((known) => known.id).join(', ')}.`,
    );
  }
  checkTimeouts(stage);
  return stage;
}
