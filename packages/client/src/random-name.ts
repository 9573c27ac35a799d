/** Unique text. Browsers have `crypto.randomUUID` on secure pages only. */
export function randomName(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
