import * as v from 'valibot';
import { ACCESS_ENV, LOG_ENV, PUBLISH_ENV, SETTINGS_VARIABLE, TELEMETRY_ENV } from './contract.ts';
import { accessSettings, logSettings, publishSettings, readSettings, type Settings } from './settings.ts';

export const text = v.pipe(v.string(), v.nonEmpty('some text'));
export const url = v.pipe(v.string(), v.url('a URL'));

export const logEntries = { [LOG_ENV.table]: text, ...logSettings } as const;

export const readEntries = { ...logEntries, ...readSettings } as const;

export const publishEntries = { [PUBLISH_ENV.topicArn]: text, ...publishSettings } as const;

export const accessEntries = {
  [ACCESS_ENV.issuer]: url,
  [ACCESS_ENV.audience]: text,
  [ACCESS_ENV.jwksUri]: url,
  ...accessSettings,
} as const;

export const telemetryEntries = { [TELEMETRY_ENV.stack]: text } as const;

/** What {@link readEnvironment} makes of such entries. */
export type Environment<E extends v.ObjectEntries> = Settings<E>;

/** The process was deployed with an environment that it cannot work with; the message names every variable and setting at fault. */
export class InvalidEnvironmentError extends Error {
  override readonly name = 'InvalidEnvironmentError';
}

/**
 * Reads the variables and the settings that a process needs, typed. Settings are members of the JSON in {@link SETTINGS_VARIABLE}.
 * @throws InvalidEnvironmentError when one is missing or malformed, so that a wrong deployment fails at its start
 */
export function readEnvironment<const E extends v.ObjectEntries>(
  entries: E,
  env: Readonly<Record<string, string | undefined>>,
): Environment<E> {
  const result = v.safeParse(v.object(entries), { ...env, ...parseSettings(env[SETTINGS_VARIABLE]) });
  if (result.success) return result.output;
  throw new InvalidEnvironmentError(`${result.issues.map(describe).join('; ')}. Change the stage, or deploy it again`);
}

export function isJsonObject(value: string): boolean {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

function parseSettings(json = '{}'): object {
  if (isJsonObject(json)) return JSON.parse(json);
  throw new InvalidEnvironmentError(`${SETTINGS_VARIABLE} is ${JSON.stringify(json)}, but must be a JSON object`);
}

function describe(issue: v.BaseIssue<unknown>): string {
  const key = v.getDotPath(issue) ?? '';
  // Names of variables begin with a capital, those of settings do not.
  const name = /^[a-z]/.test(key) ? `${SETTINGS_VARIABLE}.${key}` : key;
  return issue.input === undefined ? `${name} is not set` : `${name} is ${JSON.stringify(issue.input)}, but must be ${issue.message}`;
}
