import { describe } from '@jest/globals';
import type { DistributionEdge } from '../../../lib/edge/edge-settings.ts';
import type { SseSettings } from '../../../lib/sse/sse-settings.ts';
import { addressRules, distributionRules, SSE_TIMES, sseRules } from '../../../lib/sse/sse-timeouts.ts';
import type { BackboneSettings } from '../../../lib/stage-base.ts';
import { testBrokenRules } from '../broken-rules.ts';
import { dev, preview } from '../fixed-stages.ts';

const withSse = (change: Partial<SseSettings>) => sseRules(dev, { ...dev.sse, ...change });
const withTask = (change: Partial<SseSettings['task']>) => withSse({ task: { ...dev.sse.task, ...change } });
const withBackbone = (change: Partial<BackboneSettings>, fixed = SSE_TIMES) =>
  sseRules({ backbone: { ...dev.backbone, ...change } }, dev.sse, fixed);
const withDistribution = (change: Partial<DistributionEdge>) =>
  distributionRules({ edge: { ...(preview.edge as DistributionEdge), ...change } }, preview.sse);

const withAddress = (requestsPerAddress: number) =>
  addressRules({ edge: { ...dev.edge, requestsPerAddress } }, { task: { ...dev.sse.task, maxPublishesPerSecond: 50 } });

describe('the limits of an address and of a principal', () => {
  testBrokenRules(
    [
      [
        'an address that may send less than one principal may publish',
        withAddress(14_999),
        /sse\.task\.maxPublishesPerSecond x 300 \(15000 requests in 300 s\) must be <= edge\.requestsPerAddress \(14999/,
      ],
    ],
    withAddress(15_000),
  );
});

describe('the timeouts of the SSE lane', () => {
  testBrokenRules(
    [
      [
        'a heartbeat as long as a third of the idle timeout',
        withSse({ heartbeatIntervalMs: 20_000, idleTimeoutSeconds: 60 }),
        /heartbeatIntervalMs \(20000 ms\) must be < sse\.idleTimeoutSeconds \/ 3 \(20000 ms\)/,
      ],
      [
        'an idle timeout as short as the longest poll',
        withSse({ heartbeatIntervalMs: 1_000, idleTimeoutSeconds: 25 }),
        /the longest poll \(25 s\) must be < sse\.idleTimeoutSeconds \(25 s\)/,
      ],
      [
        'a task that closes idle connections before the load balancer does',
        withSse({ keepAliveSeconds: 60, idleTimeoutSeconds: 60 }),
        /idleTimeoutSeconds \(60 s\) must be < sse\.keepAliveSeconds \(60 s\)/,
      ],
      [
        'a drain that ends after the deregistration delay where it is noticed late',
        withSse({ drainSeconds: 8, targetHealthIntervalSeconds: 3, deregistrationDelaySeconds: 10 }),
        /targetHealthIntervalSeconds \+ sse\.drainSeconds \(11 s\) must be <= sse\.deregistrationDelaySeconds \(10 s\)/,
      ],
      [
        'tasks that ask for their target health more often than ELB answers an account',
        withSse({ scaling: { ...dev.sse.scaling, maxTasks: 113 } }),
        /2 x sse\.scaling\.maxTasks \(226 calls in an interval\) must be <= 3\.75 x sse\.targetHealthIntervalSeconds \(225 calls/,
      ],
      [
        'a stop timeout that leaves no time to remove the queue',
        withSse({ drainSeconds: 6, stopTimeoutSeconds: 14 }),
        /drainSeconds x 1000 \+ 8000 \(14000 ms\) must be < sse\.stopTimeoutSeconds \(14000 ms\)/,
      ],
      [
        'one reconnect time for all',
        withSse({ retryMinMs: 1_000, retryMaxMs: 1_000 }),
        /retryMinMs \(1000 ms\) must be < sse\.retryMaxMs \(1000 ms\)/,
      ],
      [
        'more streams than sockets',
        withTask({ maxStreams: 65_535, openFiles: 65_535 }),
        /maxStreams \+ 1024 \(66559 files\) must be <= sse\.task\.openFiles \(65535 files\)/,
      ],
      [
        'one principal that can fill a task',
        withTask({ maxStreamsPerPrincipal: 2_000 }),
        /maxStreamsPerPrincipal \(2000 streams\) must be < sse\.task\.maxStreams \(2000 streams\)/,
      ],
      [
        'a target that full tasks cannot reach',
        withSse({ scaling: { ...dev.sse.scaling, targetStreamsPerTask: 2_000 } }),
        /targetStreamsPerTask \(2000 streams\) must be < sse\.task\.maxStreams \(2000 streams\)/,
      ],
      [
        'a peak with more tasks than there may be',
        withSse({ scaling: { ...dev.sse.scaling, maxTasks: 4, schedule: [{ cron: '0 7 * * ? *', minTasks: 5 }] } }),
        /minTasks \(5 tasks\) must be <= sse\.scaling\.maxTasks \(4 tasks\)/,
      ],
      [
        'sweeps that overlap',
        withSse({ cleanerTimeoutSeconds: 60, sweepIntervalMinutes: 1 }),
        /cleanerTimeoutSeconds \(60 s\) must be < sse\.sweepIntervalMinutes \(60 s\)/,
      ],
      [
        'a heartbeat that our client does not wait for',
        withSse({ heartbeatIntervalMs: 16_000, idleTimeoutSeconds: 60 }),
        /heartbeatIntervalMs \(16000 ms\) must be <= the client's silenceTimeoutMs \/ 3 \(15000 ms\)/,
      ],
      [
        'heads that are compared after a queue has forgotten',
        withSse({ headCheckIntervalMs: 300_000 }),
        /headCheckIntervalMs \(300000 ms\) must be < retention of a task's queue \(300000 ms\)/,
      ],
      [
        'a notification that outlives its event',
        withBackbone({ retentionHours: 1 }, { ...SSE_TIMES, queueRetentionSeconds: 3_600 }),
        /retention of a task's queue \(3600 s\) must be < backbone\.retentionHours \(3600 s\)/,
      ],
      [
        'a heartbeat as long as a third of what CloudFront waits',
        withDistribution({ originReadTimeoutSeconds: 45 }),
        /heartbeatIntervalMs \(15000 ms\) must be < edge\.originReadTimeoutSeconds \/ 3 \(15000 ms\): CloudFront cuts a stream/,
      ],
      [
        'a poll that CloudFront gives up',
        withDistribution({ originReadTimeoutSeconds: 25 }),
        /the longest poll \(25 s\) must be < edge\.originReadTimeoutSeconds \(25 s\)/,
      ],
      [
        'a load balancer that closes idle connections before CloudFront does',
        withDistribution({ originKeepAliveSeconds: 60 }),
        /edge\.originKeepAliveSeconds \(60 s\) must be < sse\.idleTimeoutSeconds \(60 s\)/,
      ],
    ],
    [...sseRules(preview, preview.sse), ...distributionRules(preview, preview.sse)],
  );
});
