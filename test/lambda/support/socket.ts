import { MemoryConnectionStore } from '../../../backbone/memory/memory-connection-store.ts';
import { MemoryEventBus } from '../../../backbone/memory/memory-event-bus.ts';
import { MemoryEventLog } from '../../../backbone/memory/memory-event-log.ts';
import { MemoryPublicationQuota } from '../../../backbone/memory/memory-publication-quota.ts';
import { LogReader } from '../../../backbone/services/log-reader.ts';
import { publish } from '../../../backbone/services/publisher.ts';
import { type AnswerFrameDependencies, answerFrame } from '../../../lambda/websocket/answer-frame.ts';
import { EVERYBODY } from '../../support/access.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { recordTelemetry } from './recorded-telemetry.ts';
import { runToEnd } from './run-to-end.ts';
import { type Script, ScriptedPoster } from './scripted-poster.ts';

export const RETENTION_MS = 3_600_000;
export const GRACE_MS = 5_000;

/** The connection `c1` over everything in memory: send frames, and look at what came back. */
export async function openSocket(script?: Script) {
  const clock = new ManualClock();
  const log = new MemoryEventLog({ clock, retentionMs: RETENTION_MS });
  const bus = new MemoryEventBus();
  const store = new MemoryConnectionStore({ clock, connectionTtlMs: 7_800_000 });
  const poster = new ScriptedPoster(script);
  const { telemetry, lines } = recordTelemetry();
  await store.open({ ...EVERYBODY, connectionId: 'c1', connectedAtMs: clock.nowMs() });
  const deps: AnswerFrameDependencies = {
    store,
    poster,
    reader: new LogReader({ log, clock, retentionMs: RETENTION_MS, graceMs: GRACE_MS }),
    publish: (publication, scope) => publish(publication, scope, { log, bus, clock, publishTimeoutMs: 2_000 }),
    quota: new MemoryPublicationQuota(100, clock),
    clock,
    random: () => 0.5,
  };

  return {
    clock,
    log,
    bus,
    store,
    poster,
    /** Log lines and metrics. */
    lines,
    publish: (data: string, channel = 'demo') => deps.publish({ channel, type: 'message', data }, 'tests'),
    /** Sends one frame and answers the frames that came back for it. */
    async send(frame: unknown, options: { timeMs?: number; deps?: Partial<AnswerFrameDependencies> } = {}) {
      const before = poster.sentTo('c1').length;
      const body = typeof frame === 'string' ? frame : JSON.stringify(frame);
      const deadlineMs = clock.nowMs() + (options.timeMs ?? 20_000);
      await runToEnd(clock, answerFrame({ connectionId: 'c1', body, deadlineMs }, { ...deps, ...options.deps }, telemetry));
      return poster.sentTo('c1').slice(before);
    },
  };
}
