/** Feeds of one kind, by their channel. */
interface FeedsByChannel<Feed> {
  get(channel: string): Feed | undefined;
  release(feed: Feed): void;
}

/**
 * The feeds of all the channels, or none of them.
 * @param make creates a missing feed; undefined if there is no place for it
 * @param use counts a user of the feed, which `release` takes back
 */
export function acquireAll<Feed extends { readonly channel: string }>(
  channels: readonly string[],
  known: FeedsByChannel<Feed>,
  make: (channel: string) => Feed | undefined,
  use: (feed: Feed) => void,
): readonly Feed[] | undefined {
  const feeds: Feed[] = [];
  let areNew = false;
  for (const channel of channels) {
    let feed = known.get(channel);
    if (feed === undefined) {
      feed = make(channel);
      areNew = true;
    }
    if (feed === undefined) break;
    use(feed);
    feeds.push(feed);
  }
  // Creating the last feed may have evicted the first.
  const areKept = !areNew || feeds.every((feed) => known.get(feed.channel) === feed);
  if (feeds.length === channels.length && areKept) return feeds;
  for (const feed of feeds) known.release(feed);
  return undefined;
}
