import { MAX_LAST } from '../../protocol/history.ts';
import { isKey, isName, isUrlStep, KEY_RULE, NAME_RULE } from '../../protocol/names.ts';
import { LanesError } from './errors.ts';
import { DEFAULTS, type Tunables } from './options.ts';
import type { PublishContent, Transport, WireContent } from './types.ts';

// Checks of what the application passes, so that a mistake fails at once and in the same way on every transport.

/** The options without which a transport reaches no server. */
export const NEEDS: Readonly<Record<Transport, string>> = {
  auto: 'url or websocketUrl',
  sse: 'url',
  poll: 'url',
  websocket: 'websocketUrl',
};

function complaint(what: string, value: unknown, rule: string): string {
  return `${what} "${String(value)}" is not valid: ${rule}`;
}

/** @throws LanesError with the server's code for what it would refuse */
function demand(isValid: boolean, what: string, value: unknown, rule: string, at = ''): void {
  if (!isValid) throw new LanesError(`invalid_${what}`, at + complaint(what, value, rule), { final: true });
}

/** @throws LanesError `invalid_channel` */
export function checkChannel(channel: unknown): void {
  demand(isName(channel) && !isUrlStep(channel), 'channel', channel, `${NAME_RULE}, but not . or ..`);
}

/** @throws LanesError `invalid_key`, `invalid_type` or `invalid_data`, for one of a batch with its index */
export function checkContent(content: PublishContent, key: string): void {
  demand(isKey(key), 'key', key, KEY_RULE);
  const isBatch = 'events' in content;
  const events = isBatch ? content.events : [content];
  for (const [index, event] of events.entries()) checkEvent(event, isBatch ? `events[${index}]: ` : '');
}

function checkEvent({ type, data, removed }: WireContent, at: string): void {
  demand(type === undefined || isName(type), 'type', type, NAME_RULE, at);
  demand(removed || typeof data === 'string', 'data', data, 'use a string or a Uint8Array', at);
}

/** @throws LanesError `invalid_parameter` */
export function checkCount(name: 'last' | 'limit', count: unknown): void {
  const isValid = count === undefined || (Number.isInteger(count) && (count as number) >= 1 && (count as number) <= MAX_LAST);
  if (!isValid) throw new LanesError('invalid_parameter', complaint(name, count, `use 1 to ${MAX_LAST}`), { final: true });
}

/** @throws TypeError */
export function checkTransport(transport: Transport): void {
  if (!Object.keys(NEEDS).includes(transport))
    throw new TypeError(complaint('transport', transport, `use ${Object.keys(NEEDS).join(', ')}`));
}

/**
 * The absolute form, without a slash at the end.
 * @throws TypeError
 */
export function readUrl(name: 'url' | 'websocketUrl', given: string): string {
  const scheme = name === 'url' ? 'http' : 'ws';
  const { href } = new URL(new URL(given, globalThis.location?.href).href.replace(/^http/, scheme));
  // A query would end up in front of the path of each request.
  const isValid = new RegExp(`^${scheme}s?://[^/@]+/[^#${scheme === 'http' ? '?' : ''}]*$`).test(href);
  if (!isValid) throw new TypeError(complaint(name, given, `use ${scheme}s://<host>/<path>`));
  return href.replace(/\/+$/, '');
}

/**
 * Fills in the defaults.
 * @throws TypeError
 */
export function readTunables(given: Partial<Tunables>): Tunables {
  const names = Object.keys(DEFAULTS) as (keyof Tunables)[];
  const tunables = names.map((name) => {
    const value = given[name] ?? DEFAULTS[name];
    // With no buffer a subscription would pause and connect again for ever, and without a stream it could not connect.
    const least = ['bufferLimit', 'maxStreams'].includes(name) ? 1 : 0;
    if (typeof value === 'number' && value >= least) return [name, value];
    throw new TypeError(complaint(name, value, `use a number, at least ${least}`));
  });
  return Object.fromEntries(tunables) as Tunables;
}
