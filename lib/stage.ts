import * as v from 'valibot';
import type { Lane, LaneSchema } from './lane.ts';
import * as lanes from './lanes.ts';
import { baseEntries, type StageBase } from './stage-base.ts';
import { BASE_CHECKS } from './stage-check.ts';

type Lanes = typeof lanes;

/** Every lane that is deployed. */
export const LANES: readonly Lane[] = Object.values<Lane>(lanes);

const settingsByLane = Object.fromEntries(LANES.map(({ name, settings }) => [name, settings])) as {
  readonly [K in keyof Lanes]: Lanes[K]['settings'];
};

const schema = v.strictObject({ ...baseEntries, ...settingsByLane });

/** Everything that differs between deployments. One file per stage under `lib/stages/`. */
export type Stage = StageBase & { readonly [K in keyof Lanes]: Readonly<v.InferOutput<Lanes[K]['settings']>> };

/** A stage is not valid. The message names every wrong setting with its value. */
export class InvalidStageError extends Error {
  override readonly name = 'InvalidStageError';
}

/** A stage's settings of a lane. */
export const settingsOf = <S extends LaneSchema>(stage: Stage, { name }: Lane<S>): v.InferOutput<S> =>
  (stage as Readonly<Record<string, unknown>>)[name] as v.InferOutput<S>;

/**
 * Fills in what a stage leaves out, from what its lanes set for a shipped stage of this id and from the
 * defaults of the settings. Checks shape, ranges and what settings must agree on. Rules for its times are in
 * `timeouts.ts`.
 *
 * @param source where the stage comes from, for the error message
 * @throws InvalidStageError
 */
export function parseStage(input: object, source: string): Stage {
  const id = 'id' in input ? String(input.id) : '';
  const shipped = Object.fromEntries(LANES.map((lane) => [lane.name, lane.stages[id] ?? {}]));
  const result = v.safeParse(schema, { ...shipped, ...input });
  if (!result.success) {
    throw invalid(
      source,
      result.issues.map((issue) => ({
        key: v.getDotPath(issue) ?? '(the whole stage)',
        value: issue.path === undefined ? issue.input : issue.path.at(-1)?.value,
        allowed: issue.message,
      })),
    );
  }
  const stage = result.output as Stage;
  const checks = [...BASE_CHECKS, ...LANES.flatMap((lane) => lane.checks(settingsOf(stage, lane)))];
  const broken = checks.filter(({ holds }) => !holds(stage));
  if (broken.length === 0) return stage;
  throw invalid(
    source,
    broken.map(({ key, allowed }) => ({ key, value: valueAt(stage, key), allowed })),
  );
}

interface Problem {
  readonly key: string;
  readonly value: unknown;
  readonly allowed: string;
}

function invalid(source: string, problems: readonly Problem[]): InvalidStageError {
  const lines = problems.map(({ key, value, allowed }) => `  ${key}: ${JSON.stringify(value)} is not valid: ${allowed}`);
  return new InvalidStageError(`${source} is not a valid stage:\n${lines.join('\n')}`);
}

function valueAt(stage: Stage, key: string): unknown {
  return key.split('.').reduce<unknown>((value, part) => (value as Readonly<Record<string, unknown>> | undefined)?.[part], stage);
}
