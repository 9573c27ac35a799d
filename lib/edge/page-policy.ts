/**
 * How long browsers use only HTTPS for a host that they have seen: a year, the minimum for HSTS preload
 * lists.
 */
export const STRICT_TRANSPORT_SECONDS = 365 * 24 * 3_600;

/**
 * The Content-Security-Policy of the console: only its own files, nothing inline, no embedding in other
 * pages, and connections only to its own origin (`'self'` includes WebSockets to it: Chrome 70, Firefox 50
 * and Safari 15.4) and to those listed here.
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
