/**
 * Divides items into as few lists as hold them in their order, each of at most `maxBytes` as JSON with a comma after each
 * item. A larger item is alone in its list.
 */
export function partsBySize<Item>(items: readonly Item[], maxBytes: number): readonly (readonly Item[])[] {
  const parts: Item[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (bytes + size > maxBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(item);
    bytes += size;
  }
  return parts;
}
