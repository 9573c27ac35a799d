import type { EventBus, EventLog } from '../../../backbone/ports.ts';
import type { LogReader } from '../../../backbone/services/log-reader.ts';
import type { FrameReader } from '../../../lambda/websocket/handle-frame.ts';
import type { ConnectionStore } from '../../../lambda/websocket/ports.ts';
import type { ClientFrame } from '../../../packages/protocol/index.ts';

/** Of what the model is put together. The real protocol is {@link PROTOCOL}; each mutation replaces a part of it. */
export interface Wiring {
  readonly publishTimeoutMs: number;
  readonly graceMs: number;
  readonly headCheckIntervalMs: number;
  readonly heartbeatIntervalMs: number;
  /** The log itself, as everybody finds it. */
  readonly table: (log: EventLog) => EventLog;
  /** The log as one call of `publish` uses it. */
  readonly publisherLog: (log: EventLog, bus: EventBus) => EventLog;
  /** The bus as one call of `publish` uses it. */
  readonly publisherBus: (bus: EventBus) => EventBus;
  /** The log as one task, or the WebSocket lane, uses it. */
  readonly consumerLog: (log: EventLog) => EventLog;
  /** What a WebSocket subscription is answered from. */
  readonly replayReader: (reader: LogReader) => FrameReader;
  /** Where a WebSocket subscription is written, and what has to be called for the frames that answer it. */
  readonly subscriptions: (store: ConnectionStore, request: ClientFrame) => ConnectionStore & { onFrame?(frame: string): Promise<void> };
}

const same = <T>(part: T): T => part;

/** The protocol with the numbers of the stages. */
export const PROTOCOL: Wiring = {
  publishTimeoutMs: 2_000,
  graceMs: 5_000,
  headCheckIntervalMs: 30_000,
  heartbeatIntervalMs: 60_000,
  table: same,
  publisherLog: same,
  publisherBus: same,
  consumerLog: same,
  replayReader: same,
  subscriptions: same,
};
