import { SETTINGS_VARIABLE } from '../../backbone/contract.ts';

/**
 * The value of an environment variable for a process: the template's value; if it is the JSON of the
 * settings, with these settings merged in.
 */
export function withSettings(variable: string, value: string, settings: Readonly<Record<string, unknown>>): string {
  return variable === SETTINGS_VARIABLE ? JSON.stringify({ ...JSON.parse(value), ...settings }) : value;
}
