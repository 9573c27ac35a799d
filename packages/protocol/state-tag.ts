/** Tells both ends of the wire whether they hold the same entries of a `latest` channel. */
import { InvalidInputError, quote } from './invalid-input.ts';
import { isUrlStep, NAME } from './names.ts';

/** Two numbers of 32 bits in base36, each with seven digits. */
export const STATE_TAG = /^[0-9a-z]{14}$/;

/**
 * The exclusive or of a hash of 64 bits of every entry: it does not depend on their order, and adding, replacing or
 * removing an entry takes the same time however many there are.
 */
export class StateTag {
  #high = 0;
  #low = 0;

  /** Adds an entry that is not in it, or takes away one that is. */
  toggle(key: string, version: string): void {
    const [high, low] = hashOf(`${key} ${version}`);
    this.#high ^= high;
    this.#low ^= low;
  }

  toString(): string {
    return digits(this.#high) + digits(this.#low);
  }
}

/** The tag of entries that are neither removed nor expired. */
export function stateTag(entries: Iterable<{ readonly key: string; readonly version: string }>): string {
  const tag = new StateTag();
  for (const { key, version } of entries) tag.toggle(key, version);
  return tag.toString();
}

/**
 * Reads `a=<tag>,b=<tag>`: what a client holds of several channels.
 * @throws InvalidInputError `invalid_parameter`
 */
export function parseStates(text: string): ReadonlyMap<string, string> {
  const states = text.split(',').map((part): [string, string] => {
    const at = part.indexOf('=');
    const [channel, tag] = [part.slice(0, at), part.slice(at + 1)];
    if (at > 0 && NAME.test(channel) && !isUrlStep(channel) && STATE_TAG.test(tag)) return [channel, tag];
    throw new InvalidInputError(
      'invalid_parameter',
      `state has ${quote(part)}, but must be <channel>=<state>, joined by commas: send back the states that you were given`,
    );
  });
  return new Map(states);
}

/** Two FNV-1a hashes with their own offsets and primes, each mixed as MurmurHash3 ends. */
export function hashOf(text: string): readonly [number, number] {
  let high = 0x811c9dc5;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x5f356495);
  }
  return [mix(high), mix(low)];
}

function mix(value: number): number {
  const first = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return second ^ (second >>> 16);
}

function digits(value: number): string {
  return (value >>> 0).toString(36).padStart(7, '0');
}
