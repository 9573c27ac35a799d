import { InvalidInputError, quote } from '../../../packages/protocol/invalid-input.ts';
import { isPresenceState, parsePresenceData } from '../../../packages/protocol/presence.ts';
import type { PresenceRequest } from '../hub/presence/presence.ts';
import { single } from './request-target.ts';

/**
 * What a stream or poll asks for with `present`, `presence` and `presenceState`; undefined if it has none of them.
 * @throws InvalidInputError
 */
export function presenceOf(query: URLSearchParams, channels: readonly string[]): PresenceRequest | undefined {
  const present = presentOf(query);
  const follows = followsOf(query);
  if (present === undefined && !follows) return undefined;
  return { present, follows, states: statesOf(query.getAll('presenceState'), channels) };
}

/** An empty text counts: the client is present, and says nothing about itself. */
function presentOf(query: URLSearchParams): string | undefined {
  return query.has('present') ? parsePresenceData(single(query, 'present') ?? '') : undefined;
}

function followsOf(query: URLSearchParams): boolean {
  const values = new Set(query.getAll('presence'));
  const [value = 'false'] = values;
  if (values.size <= 1 && (value === 'true' || value === 'false')) return value === 'true';
  throw new InvalidInputError('invalid_parameter', `presence is ${quote([...values].join(', '))}, but must be true or false`);
}

function statesOf(values: readonly string[], channels: readonly string[]): ReadonlyMap<string, string> {
  const pairs = values.flatMap((value) => value.split(',')).filter((pair) => pair !== '');
  return new Map(pairs.map((pair) => stateOf(pair, channels)));
}

function stateOf(pair: string, channels: readonly string[]): readonly [channel: string, state: string] {
  const at = pair.indexOf('=');
  const [channel, state] = [pair.slice(0, at), pair.slice(at + 1)];
  if (at > 0 && channels.includes(channel) && isPresenceState(state)) return [channel, state];
  throw new InvalidInputError(
    'invalid_parameter',
    `presenceState has ${quote(pair)}, but must be <channel>=<state> with a channel of the request and the state that came last`,
  );
}
