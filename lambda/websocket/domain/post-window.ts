/** Long enough for all channels of a client that comes back to be answered in one go, short enough to wait for the next. */
export const POST_WINDOW_MS = 10_000;

/**
 * What a principal may do after it has counted posts. `limited`: it is told so, and when to try again. `flooding`: it has been
 * told as often as it was answered before, and goes on; telling it once more would be one post more for every frame.
 */
export type PostAllowance =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'limited'; readonly retryAfterMs: number }
  | { readonly kind: 'flooding'; readonly retryAfterMs: number };

/** The window that a moment lies in: milliseconds since 1970 at which it began. */
export function windowOf(nowMs: number): number {
  return Math.floor(nowMs / POST_WINDOW_MS) * POST_WINDOW_MS;
}

/** @param count the posts of this window, those that are asked about included */
export function allowanceOf(count: number, perSecond: number, nowMs: number): PostAllowance {
  const most = (perSecond * POST_WINDOW_MS) / 1_000;
  if (count <= most) return { kind: 'allowed' };
  const retryAfterMs = windowOf(nowMs) + POST_WINDOW_MS - nowMs;
  return { kind: count <= 2 * most ? 'limited' : 'flooding', retryAfterMs };
}
