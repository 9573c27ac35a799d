import { isKey, isName, isUrlStep, KEY_RULE, NAME_RULE } from '../../protocol/names.ts';
import { LanesError } from './errors.ts';
import { DEFAULTS, type Tunables } from './options.ts';
import type { PublishRequest } from './types.ts';

/** Checks of what the application passes, so that a mistake fails at once and in the same way on every transport. */

/** @throws LanesError with the server's code for what it would refuse */
function demand(isValid: boolean, what: string, value: unknown, rule: string): void {
  if (!isValid) throw new LanesError(`invalid_${what}`, `${what} "${String(value)}" is not valid: ${rule}`, { final: true });
}

/** @throws LanesError `invalid_channel` */
export function checkChannel(channel: unknown): void {
  demand(isName(channel) && !isUrlStep(channel), 'channel', channel, `${NAME_RULE}, but not . or ..`);
}

/** @throws LanesError `invalid_key`, `invalid_type` or `invalid_data` */
export function checkEvent({ type, data, key }: PublishRequest): void {
  demand(isKey(key), 'key', key, KEY_RULE);
  demand(type === undefined || isName(type), 'type', type, NAME_RULE);
  demand(typeof data === 'string', 'data', data, 'use a string');
}

/**
 * The absolute form, without a slash at the end.
 * @throws TypeError
 */
export function readUrl(name: 'url' | 'websocketUrl', given: string): string {
  const isHttp = name === 'url';
  const absolute = new URL(given, globalThis.location?.href).href;
  const { href } = new URL(isHttp ? absolute : absolute.replace(/^http/, 'ws'));
  // A query or hash would end up in front of the path of each request.
  const form = isHttp ? /^https?:\/\/[^/@]+\/[^?#]*$/ : /^wss?:\/\/[^/@]+\/[^#]*$/;
  if (form.test(href)) return href.replace(/\/+$/, '');
  throw new TypeError(`${name} "${given}" is not valid: use ${isHttp ? 'https' : 'wss'}://<host>/<path>, without user, query or hash`);
}

/**
 * Fills in the defaults.
 * @throws TypeError
 */
export function readTunables(given: Partial<Tunables>): Tunables {
  const tunables: { -readonly [Name in keyof Tunables]: number } = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS) as (keyof Tunables)[]) {
    const value = given[name] ?? DEFAULTS[name];
    // With no buffer a subscription would pause and connect again for ever.
    const least = name === 'bufferLimit' ? 1 : 0;
    if (typeof value !== 'number' || !(value >= least)) {
      throw new TypeError(`${name} "${value}" is not valid: use a number, at least ${least}`);
    }
    tunables[name] = value;
  }
  return tunables;
}
