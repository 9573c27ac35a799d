let second = Number.NaN;
let text = '';

/** The time as `Date` says it (RFC 9110, 6.6.1), made once a second. */
export function httpDate(): string {
  const now = Math.floor(Date.now() / 1_000);
  if (now !== second) {
    second = now;
    text = new Date(now * 1_000).toUTCString();
  }
  return text;
}
