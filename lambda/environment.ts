import * as v from 'valibot';
import { ACCESS_ENV, LOG_ENV, PUBLISH_ENV, TELEMETRY_ENV } from '../backbone/contract.ts';

export const text = v.pipe(v.string(), v.nonEmpty());
export const wholeNumber = v.pipe(
  v.string(),
  v.regex(/^[1-9][0-9]*$/, (issue) => `Expected a whole number but received ${issue.received}`),
  v.transform(Number),
  v.safeInteger(),
);

export const logEntries = { [LOG_ENV.table]: text, [LOG_ENV.retentionMs]: wholeNumber, [LOG_ENV.graceMs]: wholeNumber } as const;

export const publishEntries = { [PUBLISH_ENV.topicArn]: text, [PUBLISH_ENV.publishTimeoutMs]: wholeNumber } as const;

export const accessEntries = {
  [ACCESS_ENV.issuer]: v.pipe(text, v.url()),
  [ACCESS_ENV.audience]: text,
  [ACCESS_ENV.jwksUri]: v.pipe(text, v.url()),
  [ACCESS_ENV.queryToken]: v.picklist(['on', 'off']),
  [ACCESS_ENV.origins]: v.string(),
} as const;

export const telemetryEntries = { [TELEMETRY_ENV.stack]: text } as const;

/** What {@link readEnvironment} makes of such entries. */
export type Environment<E extends v.ObjectEntries> = v.InferOutput<v.ObjectSchema<E, undefined>>;

/** The function was deployed with an environment that it cannot work with; the message names every key at fault. */
export class InvalidEnvironmentError extends Error {
  override readonly name = 'InvalidEnvironmentError';
}

/**
 * Reads the keys that a function needs, typed.
 * @throws InvalidEnvironmentError when a key is missing or malformed, so that a wrong deployment fails at its first invocation
 */
export function readEnvironment<const E extends v.ObjectEntries>(
  entries: E,
  env: Readonly<Record<string, string | undefined>>,
): Environment<E> {
  const result = v.safeParse(v.object(entries), env);
  if (result.success) return result.output;
  const faults = result.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  throw new InvalidEnvironmentError(`environment: ${faults.join('; ')}`);
}
