import type { IncomingMessage } from 'node:http';

/** The load balancer adds this header to each request and writes it to its access log. */
const HEADER = 'x-amzn-trace-id';

/** Without a load balancer, a client may send anything in it. */
const SHAPE = /^[A-Za-z0-9=;:_-]{1,256}$/;

/**
 * The `correlation_id` of log lines about a request, if it has one. Powertools uses the same header behind a
 * load balancer.
 */
export function correlationIdOf(request: IncomingMessage): { readonly correlation_id?: string } {
  const value = request.headers[HEADER];
  return typeof value === 'string' && SHAPE.test(value) ? { correlation_id: value } : {};
}
