import * as v from 'valibot';
import { ACCESS_ENV, LOG_ENV, PRESENCE_ENV, PUBLISH_ENV, SETTINGS_VARIABLE, TELEMETRY_ENV } from './contract.ts';
import { accessSettings, logSettings, publishSettings, readSettings, type Settings } from './settings.ts';

export const text = v.pipe(v.string(), v.nonEmpty('some text'));
export const url = v.pipe(v.string(), v.url('a URL'));

export const logEntries = { [LOG_ENV.table]: text, ...logSettings } as const;

export const readEntries = { ...logEntries, ...readSettings } as const;

export const publishEntries = { [PUBLISH_ENV.topicArn]: text, ...publishSettings } as const;

export const presenceEntries = { [PRESENCE_ENV.table]: text } as const;

export const accessEntries = {
  [ACCESS_ENV.issuer]: url,
  [ACCESS_ENV.audience]: text,
  [ACCESS_ENV.jwksUri]: url,
  ...accessSettings,
} as const;

export const telemetryEntries = { [TELEMETRY_ENV.stack]: text } as const;

/** What {@link readEnvironment} returns for such entries. */
export type Environment<E extends v.ObjectEntries> = Settings<E>;

/**
 * The process was deployed with an environment that it cannot use. The message names every wrong variable and
 * setting.
 */
export class InvalidEnvironmentError extends Error {
  override readonly name = 'InvalidEnvironmentError';
}

/**
 * Reads the variables and settings that a process needs, typed. Settings are members of the JSON in {@link
 * SETTINGS_VARIABLE}.
 * @throws InvalidEnvironmentError if any is missing or malformed, so that a wrong deployment fails at its
 * start
 */
export function readEnvironment<const E extends v.ObjectEntries>(
  entries: E,
  env: Readonly<Record<string, string | undefined>>,
): Environment<E> {
  const result = v.safeParse(v.object(entries), { ...env, ...parseSettings(env[SETTINGS_VARIABLE]) });
  if (result.success) return result.output;
  throw new InvalidEnvironmentError(`${result.issues.map(describe).join('; ')}. Change the stage, or deploy it again`);
}

/** Undefined if the text is not a JSON object. */
export function readJsonObject(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function parseSettings(json = '{}'): object {
  const settings = readJsonObject(json);
  if (settings !== undefined) return settings;
  throw new InvalidEnvironmentError(`${SETTINGS_VARIABLE} is ${JSON.stringify(json)}, but must be a JSON object`);
}

function describe(issue: v.BaseIssue<unknown>): string {
  const key = v.getDotPath(issue) ?? '';
  // Names of variables begin with a capital letter, those of settings do not.
  const name = /^[a-z]/.test(key) ? `${SETTINGS_VARIABLE}.${key}` : key;
  return issue.input === undefined ? `${name} is not set` : `${name} is ${JSON.stringify(issue.input)}, but must be ${issue.message}`;
}
