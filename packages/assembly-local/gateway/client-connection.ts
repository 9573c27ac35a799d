import type { WebSocket } from 'ws';
import type { ConnectionIdentity } from './proxy-events.ts';

/** Limits of API Gateway (quotas, 2026-11). The two times can be shortened to see their effect. */
export interface ConnectionLimits {
  readonly idleTimeoutMs: number;
  readonly maxDurationMs: number;
  /** Posts are answered with 429 while this much of a client's data waits to be sent. */
  readonly maxUnsentBytes: number;
}

/** 10 min and 2 h. AWS does not publish the size of its buffer. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  idleTimeoutMs: 600_000,
  maxDurationMs: 7_200_000,
  maxUnsentBytes: 1024 * 1024,
};

/** An open connection: from a successful `$connect` to the close. */
export class ClientConnection {
  readonly identity: ConnectionIdentity;
  readonly #socket: WebSocket;
  readonly #maxUnsentBytes: number;
  readonly #idle: NodeJS.Timeout;
  readonly #duration: NodeJS.Timeout;
  #lastActiveAtMs: number;

  constructor(identity: ConnectionIdentity, socket: WebSocket, limits: ConnectionLimits) {
    this.identity = identity;
    this.#socket = socket;
    this.#maxUnsentBytes = limits.maxUnsentBytes;
    this.#lastActiveAtMs = identity.connectedAtMs;
    this.#idle = setTimeout(() => this.close(1001, 'Going away'), limits.idleTimeoutMs);
    this.#duration = setTimeout(() => this.close(1001, 'Going away'), limits.maxDurationMs);
    socket.on('close', () => {
      clearTimeout(this.#idle);
      clearTimeout(this.#duration);
    });
  }

  get lastActiveAtMs(): number {
    return this.#lastActiveAtMs;
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Messages in either direction keep a connection from being idle; pings and pongs do not. */
  noteMessage(): void {
    this.#lastActiveAtMs = Date.now();
    this.#idle.refresh();
  }

  /** False if the client takes its data too slowly: nothing was sent then. */
  send(text: string): boolean {
    if (this.#socket.bufferedAmount > this.#maxUnsentBytes) return false;
    this.noteMessage();
    this.#socket.send(text);
    return true;
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
