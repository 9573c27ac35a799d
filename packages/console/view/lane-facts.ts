/** What a pane shows about its lane's transport. */
export interface Transport {
  readonly runsOn: string;
  readonly endpoint: string;
  readonly protocol: string;
  /** @param lastId the id of the newest event, from which the lane would resume now */
  readonly resume: (lastId: string | undefined) => string;
}

const HTTP_VERSIONS: Readonly<Record<string, string>> = { h2: 'HTTP/2', h3: 'HTTP/3', 'http/1.1': 'HTTP/1.1' };

export const describeTransport = {
  websocket: (endpoint: string): Transport => ({
    runsOn: 'API Gateway and Lambda',
    endpoint,
    protocol: 'lanes.v1.json, a TCP connection of its own',
    resume: (lastId) => `by the client library: subscribe after ${lastId ?? 'the last id'}`,
  }),
  sse: (channel: string): Transport => ({
    runsOn: 'a load balancer and Fargate',
    endpoint: `/v1/events?channel=${channel}`,
    protocol: `text/event-stream, ${sharing(httpVersion())}`,
    resume: (lastId) => `by the client library: lastEventId=${lastId ?? 'the last id'}`,
  }),
};

/**
 * The protocol with which this page was loaded. The stream uses it too, because it comes from the same host.
 */
function httpVersion(): string | undefined {
  const [navigation] = performance.getEntriesByType('navigation');
  return navigation instanceof PerformanceNavigationTiming ? HTTP_VERSIONS[navigation.nextHopProtocol] : undefined;
}

function sharing(version: string | undefined): string {
  if (version === undefined) return 'HTTP';
  return version === 'HTTP/1.1' ? 'HTTP/1.1, one connection per stream' : `${version}, sharing the page's connection`;
}
