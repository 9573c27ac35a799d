import type { IncomingMessage } from 'node:http';

/** What the load balancer adds to each request: its own access log has it too. */
const HEADER = 'x-amzn-trace-id';

/** Behind no balancer a client may send what it likes. */
const SHAPE = /^[A-Za-z0-9=;:_-]{1,256}$/;

/** The `correlation_id` of log lines about a request, where it has one: Powertools takes it from the same header behind a load balancer. */
export function correlationIdOf(request: IncomingMessage): { readonly correlation_id?: string } {
  const value = request.headers[HEADER];
  return typeof value === 'string' && SHAPE.test(value) ? { correlation_id: value } : {};
}
