/**
 * Long enough that all channels of a reconnecting client are answered within one window, short enough to wait
 * for the next.
 */
export const POST_WINDOW_MS = 10_000;

/**
 * What a principal may do after its posts were counted. `limited`: it is told so, and when to try again.
 * `flooding`: it was told so as often as it is allowed answers, and continues; telling it again would cost
 * one more post per frame.
 */
export type PostAllowance =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'limited'; readonly retryAfterMs: number }
  | { readonly kind: 'flooding'; readonly retryAfterMs: number };

/** When the window of a moment began, in milliseconds since 1970. */
export function windowOf(nowMs: number): number {
  return Math.floor(nowMs / POST_WINDOW_MS) * POST_WINDOW_MS;
}

/** @param count the posts of this window, including the ones being asked for */
export function allowanceOf(count: number, perSecond: number, nowMs: number): PostAllowance {
  const most = (perSecond * POST_WINDOW_MS) / 1_000;
  if (count <= most) return { kind: 'allowed' };
  const retryAfterMs = windowOf(nowMs) + POST_WINDOW_MS - nowMs;
  return { kind: count <= 2 * most ? 'limited' : 'flooding', retryAfterMs };
}
