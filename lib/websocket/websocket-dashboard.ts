import { METRICS } from '../../backbone/contract.ts';
import type { LaneDashboardPart } from '../lane.ts';

/** What a reader must know about the WebSocket lane's metrics to compare them with those of another lane. */
export const websocketDashboard: LaneDashboardPart = {
  label: 'WebSocket',
  notes: {
    [METRICS.openConnections]: 'at the end of each pass of the sweep',
    [METRICS.repeatsDropped]: 'none here, the client drops them',
    [METRICS.slowStreamsClosed]: 'none, API Gateway buffers and answers 429',
    [METRICS.throttled]: 'to our posts',
    [METRICS.gapsTombstoned]: 'none, publishers and other readers tombstone them',
    [METRICS.orphans]: 'rows of closed connections',
    [METRICS.refusedStreams]: 'none, it has no tasks',
  },
};
