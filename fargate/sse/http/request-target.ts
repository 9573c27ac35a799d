import { LAST_RULE, readLast } from '../../../backbone/domain/history.ts';
import { InvalidInputError, quote } from '../../../packages/protocol/invalid-input.ts';

export interface RequestTarget {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** @throws InvalidInputError `invalid_parameter` if the target is not a URL */
export function parseTarget(target: string): RequestTarget {
  const text = originForm(target);
  if (text === undefined)
    throw new InvalidInputError('invalid_parameter', `request target ${quote(target)} is not valid: it must be a path or a URL`);
  const path = pathOf(text);
  return { path, query: new URLSearchParams(text.slice(path.length + 1)) };
}

/** The path alone; undefined if the target is not a URL. */
export function targetPath(target: string): string | undefined {
  const text = originForm(target);
  return text === undefined ? undefined : pathOf(text);
}

function pathOf(text: string): string {
  const at = text.indexOf('?');
  return at < 0 ? text : text.slice(0, at);
}

/** Clients may send `GET http://host/path`, as they do to proxies. */
function originForm(target: string): string | undefined {
  // Not `new URL`, which reads `//x` as a host and resolves `..`.
  if (target.startsWith('/')) return target;
  const url = URL.parse(target);
  return url === null ? undefined : url.pathname + url.search;
}

/**
 * A parameter that may be given once; undefined if it is missing or empty.
 * @throws InvalidInputError `invalid_parameter` if it is repeated
 */
export function single(query: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = query.getAll(name);
  if (others.length > 0) {
    throw new InvalidInputError('invalid_parameter', `parameter ${name} is given ${others.length + 1} times, but may be given once`);
  }
  return value === '' ? undefined : value;
}

/**
 * How many of the last events the client asks for.
 * @throws InvalidInputError `invalid_parameter`
 */
export function lastOf(query: URLSearchParams): number | undefined {
  const text = single(query, 'last');
  if (text === undefined) return undefined;
  const last = readLast(/^[0-9]+$/.test(text) ? Number(text) : undefined);
  if (last !== undefined) return last;
  throw new InvalidInputError('invalid_parameter', `last is ${quote(text)}, but must be ${LAST_RULE}`);
}
