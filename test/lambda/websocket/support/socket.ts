import { kindsBy } from '../../../../backbone/domain/channel-kind.ts';
import { MemoryEventBus } from '../../../../backbone/memory/memory-event-bus.ts';
import { MemoryEventLog } from '../../../../backbone/memory/memory-event-log.ts';
import { MemoryPresenceStore } from '../../../../backbone/memory/memory-presence-store.ts';
import { createEphemeralPublisher } from '../../../../backbone/services/ephemeral-publisher.ts';
import { LogReader } from '../../../../backbone/services/log-reader.ts';
import { bindPublisher } from '../../../../backbone/services/publisher.ts';
import { REPLAY_LEASE_MS } from '../../../../lambda/websocket/contract.ts';
import { type FrameDependencies, handleFrame } from '../../../../lambda/websocket/handle-frame.ts';
import { createLocalPublishQuota } from '../../../../lambda/websocket/local-publish-quota.ts';
import { MemoryConnectionStore } from '../../../../lambda/websocket/memory/memory-connection-store.ts';
import { MemoryPostQuota } from '../../../../lambda/websocket/memory/memory-post-quota.ts';
import { MemoryPublishQuota } from '../../../../lambda/websocket/memory/memory-publish-quota.ts';
import { MemoryReplayStore } from '../../../../lambda/websocket/memory/memory-replay-store.ts';
import type { CloseOutcome } from '../../../../lambda/websocket/ports.ts';
import { createOnClosed } from '../../../../lambda/websocket/presence.ts';
import { runReplayTurn } from '../../../../lambda/websocket/replay-turn.ts';
import { EVERYBODY } from '../../../support/access.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { recordTelemetry } from '../../support/recorded-telemetry.ts';
import { MemoryReplayQueue } from './memory-replay-queue.ts';
import { runToEnd } from './run-to-end.ts';
import { type Script, ScriptedPoster } from './scripted-poster.ts';

export const RETENTION_MS = 3_600_000;
export const GRACE_MS = 5_000;

/** The limits of a principal, where a connection has one: tests open another connection `c1` then. */
export const LIMITS = { ephemeralPerSecond: 30, responsesPerSecond: 10, replays: 2, replayPostsPerSecond: 100 };

/** Posts of a turn: few, so that a replay takes several. */
export const TURN_POSTS = 20;

/** The connection `c1` over everything in memory: send frames, and look at what came back. */
export async function openSocket(script?: Script) {
  const clock = new ManualClock();
  const log = new MemoryEventLog({ clock, retentionMs: RETENTION_MS });
  const bus = new MemoryEventBus();
  const presence = new MemoryPresenceStore({ clock });
  const onClosed = createOnClosed({ presence, presenceBus: bus, clock });
  const store = new MemoryConnectionStore({ clock, connectionTtlMs: 7_800_000, onClosed });
  const poster = new ScriptedPoster(script);
  const { telemetry, lines } = recordTelemetry('websocket');
  await store.open({ ...EVERYBODY, connectionId: 'c1', connectedAtMs: clock.nowMs() });
  const ended: string[] = [];
  const replayQueue = new MemoryReplayQueue();
  const replayPosts = new MemoryPostQuota(LIMITS.replayPostsPerSecond, clock);
  let ids = 0;
  const deps: FrameDependencies = {
    store,
    poster,
    presence,
    presenceBus: bus,
    log,
    reader: new LogReader({ log, clock, retentionMs: RETENTION_MS, graceMs: GRACE_MS }),
    ...bindPublisher({ log, bus, clock, publishTimeoutMs: 2_000 }),
    kindOf: kindsBy([{ match: 'typing.*', kind: 'ephemeral' }]),
    publishEphemeral: createEphemeralPublisher({ bus, clock }),
    ephemeralQuota: createLocalPublishQuota(LIMITS.ephemeralPerSecond, clock),
    quota: new MemoryPublishQuota(100, clock),
    answers: new MemoryPostQuota(LIMITS.responsesPerSecond, clock),
    replays: new MemoryReplayStore(LIMITS.replays, REPLAY_LEASE_MS, clock),
    replayQueue,
    closer: {
      async close(connectionId): Promise<CloseOutcome> {
        ended.push(connectionId);
        return { kind: 'closed' };
      },
    },
    newId: () => `replay-${++ids}`,
    clock,
    random: () => 0.5,
  };
  const turn = { ...deps, queue: replayQueue, quota: replayPosts, postsPerSecond: 200, turnPosts: TURN_POSTS };

  return {
    clock,
    log,
    bus,
    store,
    poster,
    presence,
    replays: deps.replays,
    replayQueue,
    /** Connections that were ended. */
    ended,
    /** Log lines and metrics. */
    lines,
    /** Runs one turn of a replay, if any waits, after its delay. @returns whether one did */
    async turn(options: { timeMs?: number } = {}): Promise<boolean> {
      const job = replayQueue.jobs.shift();
      if (job === undefined) return false;
      await clock.advance(job.delaySeconds * 1_000);
      const deadlineMs = clock.nowMs() + (options.timeMs ?? 20_000);
      await runToEnd(clock, runReplayTurn(job.key, deadlineMs, turn, telemetry));
      return true;
    },
    publish: (data: string, channel = 'demo') => deps.publish({ channel, type: 'message', data }, 'tests'),
    /** Sends one frame, runs the replays to their ends, and answers the frames that came back for it. */
    async catchUp(frame: unknown): Promise<ReturnType<typeof poster.sentTo>> {
      const before = poster.sentTo('c1').length;
      await this.send(frame);
      while (await this.turn());
      return poster.sentTo('c1').slice(before);
    },
    /** Sends one frame and answers the frames that came back for it. */
    async send(frame: unknown, options: { timeMs?: number; connectionId?: string; deps?: Partial<FrameDependencies> } = {}) {
      const { connectionId = 'c1' } = options;
      const before = poster.sentTo(connectionId).length;
      const body = typeof frame === 'string' ? frame : JSON.stringify(frame);
      const deadlineMs = clock.nowMs() + (options.timeMs ?? 20_000);
      await runToEnd(clock, handleFrame({ connectionId, body, deadlineMs }, { ...deps, ...options.deps }, telemetry));
      return poster.sentTo(connectionId).slice(before);
    },
  };
}
