import { LanesError } from './errors.ts';

/**
 * Parses what the server sent. The fields are not validated.
 * @throws LanesError `invalid_frame` if the text is not a JSON object
 */
export function parseObject<T extends object>(text: string): T {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as T;
    throw new TypeError(`${typeof value} is no object`);
  } catch (cause) {
    throw new LanesError('invalid_frame', 'the server sent JSON that cannot be read', { cause });
  }
}

/** Undefined for anything but digits. */
export function parseWholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
