import type { Value } from './expressions.ts';

/**
 * Where something with its own host on AWS is served locally: URL prefix to URL prefix, without trailing
 * slashes.
 */
export type Addresses = ReadonlyMap<string, string>;

/**
 * Replaces the AWS addresses inside a text: an environment variable, a JSON configuration, an output. This is
 * how functions and the service use the local servers without any code for that.
 */
export function localize(text: string, addresses: Addresses): string {
  let localized = text;
  for (const [from, to] of addresses) localized = localized.replaceAll(from, to);
  return localized;
}

/**
 * Replaces the origins of AWS addresses in every text of a record. Security headers contain origins, but a
 * local address may have a path: the local issuer is a path of the shared endpoint.
 */
export function localizeOrigins(texts: Readonly<Record<string, string>>, addresses: Addresses): Readonly<Record<string, string>> {
  const origins = new Map([...addresses].map(([from, to]) => [new URL(from).origin, new URL(to).origin]));
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, localize(text, origins)]));
}

/** {@link localize} for every text inside a value. */
export function localizeValue(value: Value, addresses: Addresses): Value {
  if (typeof value === 'string') return localize(value, addresses);
  if (Array.isArray(value)) return value.map((item: Value) => localizeValue(item, addresses));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, localizeValue(member, addresses)]));
  }
  return value;
}
