import { InvalidInputError, quote } from '../../../packages/protocol/invalid-input.ts';

export interface RequestTarget {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** @throws InvalidInputError `invalid_parameter` for a target that is no URL */
export function parseTarget(target: string): RequestTarget {
  const text = originForm(target);
  if (text === undefined) throw new InvalidInputError('invalid_parameter', `request target ${quote(target)} is not a path`);
  const path = pathOf(text);
  return { path, query: new URLSearchParams(text.slice(path.length + 1)) };
}

/** The path alone; undefined for a target that is no URL. */
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
  // Not `new URL`, which takes `//x` for a host and tidies up `..`.
  if (target.startsWith('/')) return target;
  const url = URL.parse(target);
  return url === null ? undefined : url.pathname + url.search;
}

/**
 * A parameter that may be given once; undefined when it is missing or empty.
 * @throws InvalidInputError `invalid_parameter` when it is repeated
 */
export function single(query: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = query.getAll(name);
  if (others.length > 0) {
    throw new InvalidInputError('invalid_parameter', `parameter ${name} is given ${others.length + 1} times, at most one is possible`);
  }
  return value === '' ? undefined : value;
}
