import { InvalidInputError, quote } from '../../backbone/domain/invalid-input.ts';

export interface RequestTarget {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** @throws InvalidInputError `invalid_parameter` for a target that is no URL */
export function parseTarget(target: string): RequestTarget {
  // Not `new URL`, which takes `//x` for a host and tidies up `..`.
  const text = target.startsWith('/') ? target : originForm(target);
  const at = text.indexOf('?');
  return at < 0
    ? { path: text, query: new URLSearchParams() }
    : { path: text.slice(0, at), query: new URLSearchParams(text.slice(at + 1)) };
}

/** Clients may send `GET http://host/path`, as they do to proxies. */
function originForm(target: string): string {
  if (!URL.canParse(target)) throw new InvalidInputError('invalid_parameter', `request target ${quote(target)} is not a path`);
  const { pathname, search } = new URL(target);
  return pathname + search;
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
