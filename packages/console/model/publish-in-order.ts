/** What became of some events that were published one after the other. */
export type PublishOutcome =
  | { readonly kind: 'published'; readonly ids: readonly string[]; readonly tookMs: number }
  /** The event after those of `ids` could not be published, and those behind it were not sent. */
  | { readonly kind: 'failed'; readonly ids: readonly string[]; readonly reason: string };

/**
 * Publishes each text when the one before has its id, so that ids follow the order of the texts. Concurrent publications have
 * no such order.
 * @param onPublished told how many have their id
 */
export async function publishInOrder(
  texts: readonly string[],
  publish: (text: string) => Promise<string>,
  onPublished: (count: number) => void,
): Promise<PublishOutcome> {
  const startedAtMs = performance.now();
  const ids: string[] = [];
  for (const text of texts) {
    try {
      ids.push(await publish(text));
    } catch (error) {
      return { kind: 'failed', ids, reason: error instanceof Error ? error.message : String(error) };
    }
    onPublished(ids.length);
  }
  return { kind: 'published', ids, tookMs: performance.now() - startedAtMs };
}
