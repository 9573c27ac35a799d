/**
 * Our SSE service with everything on that a task has, over ports in memory. What is published takes the way through the log and
 * the queue; streams bring a token, which is checked.
 */

import { encodeEphemeralNotification } from '../../../../backbone/domain/ephemeral-event.ts';
import { INVOCATIONS } from '../../../../backbone/domain/key-scope.ts';
import { encodeNotification } from '../../../../backbone/domain/notification.ts';
import { encodePresenceNotification } from '../../../../backbone/domain/presence.ts';
import { MemoryEventLog } from '../../../../backbone/memory/memory-event-log.ts';
import { MemoryPresenceStore } from '../../../../backbone/memory/memory-presence-store.ts';
import type { EphemeralBus, EventBus, PresenceBus } from '../../../../backbone/ports.ts';
import { publish } from '../../../../backbone/services/publisher.ts';
import { systemClock } from '../../../../backbone/services/system-clock.ts';
import { createLogger } from '../../../../backbone/telemetry/logger.ts';
import { createJwtVerifier } from '../../../../backbone/tokens/jwt-verifier.ts';
import { rememberVerified } from '../../../../backbone/tokens/remember-verified.ts';
import { createAuthenticate } from '../../../../fargate/sse/http/authenticate.ts';
import { MemoryTaskQueue } from '../../../../fargate/sse/memory/memory-task-queue.ts';
import { startService } from '../../../../fargate/sse/service.ts';
import { startStreamServer } from '../../../../fargate/sse/stream-server.ts';
import { createIssuer } from './issuer.ts';
import { announce, createPublishServer, listenOnLoopback } from './publish-endpoint.ts';

/** More than a process can have. */
const NO_LIMIT = 1_000_000;

/** Of the events that the load client publishes. */
const CHANNEL = 'a';

const ISSUER = 'http://bench.invalid';
const AUDIENCE = 'bench';

const PUBLISH_TIMEOUT_MS = 2_000;
const RETENTION_MS = 3_600_000;

const logger = createLogger('sse', (line) => process.stderr.write(`${line}\n`));

const log = new MemoryEventLog({ clock: systemClock, retentionMs: RETENTION_MS });
const queue = new MemoryTaskQueue();
const bus: EventBus & EphemeralBus & PresenceBus = {
  notify: async (events) => queue.push(encodeNotification(events)),
  announce: async (event) => queue.push(encodeEphemeralNotification(event)),
  tell: async (notification) => queue.push(encodePresenceNotification(notification)),
};

const { jwks, token } = await createIssuer(ISSUER, AUDIENCE);
// The service takes JSON; the load client sends the event's data as it is, as it does to the other servers.
const publishPort = await listenOnLoopback(
  createPublishServer(
    (data) =>
      publish({ channel: CHANNEL, type: 'message', data }, INVOCATIONS, {
        log,
        bus,
        clock: systemClock,
        publishTimeoutMs: PUBLISH_TIMEOUT_MS,
      }),
    (_request, response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(jwks),
  ),
);
const verifier = rememberVerified(
  createJwtVerifier({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `http://127.0.0.1:${publishPort}/jwks` }),
);

const service = await startService({
  taskId: 'bench',
  config: { drainSeconds: 0, targetHealthIntervalSeconds: 5, stack: 'bench' },
  openQueue: async () => queue,
  startServer: () =>
    startStreamServer({
      // As in the stage of production, but for the limits: all streams come from one principal here.
      config: {
        host: '127.0.0.1',
        port: 0,
        heartbeatIntervalMs: 15_000,
        headCheckIntervalMs: 30_000,
        retryMinMs: 1_000,
        retryMaxMs: 15_000,
        maxStreams: NO_LIMIT,
        maxStreamsPerPrincipal: NO_LIMIT,
        maxPublishesPerSecond: NO_LIMIT,
        memoryMb: 2_048,
        maxUnsentBytes: 1_048_576,
        keepAliveSeconds: 70,
        consoleConfig: '',
        channels: [],
        retentionMs: RETENTION_MS,
        gapGraceMs: 5_000,
        publishTimeoutMs: PUBLISH_TIMEOUT_MS,
      },
      log,
      bus,
      presence: new MemoryPresenceStore({ clock: systemClock }),
      clock: systemClock,
      logger,
      files: () => undefined,
      access: { verifier, authenticate: createAuthenticate(verifier, { queryToken: true, origins: [] }), origins: [] },
    }),
  targetHealth: { state: async () => 'registered' },
  clock: systemClock,
  logger,
  writeMetrics: () => undefined,
});
announce({ port: service.port, publishPort, token });
