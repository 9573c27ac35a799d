/** How long browsers use HTTPS only with a host that they have seen: a year, as HSTS preload lists want it at least. */
export const STRICT_TRANSPORT_SECONDS = 365 * 24 * 3_600;

/**
 * The Content-Security-Policy of the console: its own files, nothing inline, no page around it, and connections to its own origin
 * (`'self'` includes WebSockets to it: Chrome 70, Firefox 50 and Safari 15.4) and to those named here.
 * @param connectTo origins or URLs: of the WebSocket lane, of the issuer and its token endpoint
 */
export function contentSecurityPolicy(connectTo: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    ["connect-src 'self'", ...connectTo].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
