import { METRICS } from '../../backbone/contract.ts';
import type { LaneDashboardPart } from '../lane.ts';

/** What a reader must know about the SSE lane's metrics to compare them with those of another lane. */
export const sseDashboard: LaneDashboardPart = {
  label: 'SSE',
  notes: {
    [METRICS.openConnections]: 'each minute',
    [METRICS.goneConnections]: 'none, a task sees its sockets close',
    [METRICS.throttled]: 'to principals at their limit',
    [METRICS.orphans]: 'queues of stopped tasks',
    [METRICS.limitedConnections]: 'in 429',
    [METRICS.limitedFrames]: 'none, it has no frames',
    [METRICS.limitedReplays]: 'none, a task replays in its turn',
    [METRICS.undeliverable]: 'none, a stream is cut and resumes',
    [METRICS.connectionsExpired]: 'not counted, the stream ends by itself',
    [METRICS.unexpectedErrors]: 'those of a task that cannot do its work as well',
  },
};
