/** The parts of an event's id. Clients take ids as opaque; the checker has to look inside. */
export function parseId(id: string): { readonly epoch: string; readonly seq: number } {
  const [epoch = '', seq = ''] = id.split('.');
  return { epoch, seq: Number(seq) };
}

/** The positions of a cursor over `channels`, by channel. */
export function parseCompositeId(id: string, channels: readonly string[]): ReadonlyMap<string, string> {
  const [only] = channels;
  if (!id.includes('=')) return new Map(only === undefined ? [] : [[only, id]]);
  return new Map(id.split(',').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const));
}
