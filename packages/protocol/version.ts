/** The versions of a key of a `latest` channel. */
import { InvalidInputError, quote } from './invalid-input.ts';

/** A key that was made anew after it had expired has a later `createdAt`, and wins over all versions before. */
export interface Version {
  /** When the key was made: milliseconds since 1970, by its publisher's clock. */
  readonly createdAt: number;
  /** Counts what was published of the key since then: 1, 2, 3 … */
  readonly count: number;
}

/** `<createdAt>.<count>`, both base36, without leading zeros. */
export const VERSION = /^(?:0|[1-9a-z][0-9a-z]{0,10})\.[1-9a-z][0-9a-z]{0,10}$/;

/** `m3x1k2ab.1f` */
export function formatVersion({ createdAt, count }: Version): string {
  return `${createdAt.toString(36)}.${count.toString(36)}`;
}

/** @throws InvalidInputError `invalid_body` */
export function parseVersion(text: unknown): Version {
  if (typeof text === 'string' && VERSION.test(text)) {
    const [createdAt = 0, count = 0] = text.split('.').map((part) => Number.parseInt(part, 36));
    if (Number.isSafeInteger(createdAt) && Number.isSafeInteger(count)) return { createdAt, count };
  }
  throw new InvalidInputError('invalid_body', `version ${quote(text)} is not valid: it must be two numbers in base36, as in m3x1k2ab.1f`);
}

/** Below 0 if the left one is older, 0 if they are the same, above 0 if it is newer. */
export function compareVersions(left: Version, right: Version): number {
  return left.createdAt - right.createdAt || left.count - right.count;
}

/** A version of a key, or its end. */
export interface Versioned {
  readonly version: Version;
  readonly removed?: boolean;
}

/**
 * Whether what has come is to replace what is held of the same key. The end of a version comes after the version: a key
 * that expires is removed without a new version.
 */
export function supersedes(come: Versioned, held: Versioned | undefined): boolean {
  if (held === undefined) return true;
  const order = compareVersions(come.version, held.version);
  return order > 0 || (order === 0 && come.removed === true && held.removed !== true);
}
