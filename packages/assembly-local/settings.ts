import { SETTINGS_VARIABLE } from '../../backbone/contract.ts';

/** What a process gets for a variable of its environment: the value of the template, which has these settings in it where it is JSON of them. */
export function withSettings(variable: string, value: string, settings: Readonly<Record<string, unknown>>): string {
  return variable === SETTINGS_VARIABLE ? JSON.stringify({ ...JSON.parse(value), ...settings }) : value;
}
