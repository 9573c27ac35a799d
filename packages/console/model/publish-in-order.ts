/** The outcome of events that were published one after another. */
export type PublishOutcome =
  | { readonly kind: 'published'; readonly ids: readonly string[]; readonly tookMs: number }
  /** The event after those of `ids` could not be published, and the events after it were not sent. */
  | { readonly kind: 'failed'; readonly ids: readonly string[]; readonly reason: string };

/**
 * Publishes each content once the previous one has its id, so that ids follow the order of the contents. Concurrent
 * publications would have no such order.
 * @param onPublished called with the number of events that have their id
 */
export async function publishInOrder<Content>(
  contents: readonly Content[],
  publish: (content: Content) => Promise<string>,
  onPublished: (count: number) => void,
): Promise<PublishOutcome> {
  const startedAtMs = performance.now();
  const ids: string[] = [];
  for (const content of contents) {
    try {
      ids.push(await publish(content));
    } catch (error) {
      return { kind: 'failed', ids, reason: error instanceof Error ? error.message : String(error) };
    }
    onPublished(ids.length);
  }
  return { kind: 'published', ids, tookMs: performance.now() - startedAtMs };
}
