let second = Number.NaN;
let text = '';

/** The current time in the format of the `Date` header (RFC 9110, 6.6.1), formatted once a second. */
export function httpDate(): string {
  const now = Math.floor(Date.now() / 1_000);
  if (now !== second) {
    second = now;
    text = new Date(now * 1_000).toUTCString();
  }
  return text;
}
