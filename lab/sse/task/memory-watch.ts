import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesOf } from '../../shared/proc-status.ts';

const INTERVAL_MS = 250;

/** The most memory that a process had. */
export interface MemoryPeak {
  /** Resident set. */
  readonly residentBytes: number;
  /** Resident set and what the kernel holds for clients that have not taken it, which a container's limit counts too. */
  readonly countedBytes: number;
  /** The process ended while it was watched. */
  readonly died: boolean;
}

/** Watches the memory of a process that serves on a port of 127.0.0.1. */
export class MemoryWatch {
  readonly #pid: number;
  readonly #port: number;
  readonly #stopped = new AbortController();
  readonly #watching: Promise<void>;
  #residentBytes = 0;
  #countedBytes = 0;
  readonly #death = new AbortController();

  constructor({ pid, port }: { readonly pid: number; readonly port: number }) {
    this.#pid = pid;
    this.#port = port;
    this.#watching = this.#watch();
  }

  /** Aborts when the process has ended. */
  get death(): AbortSignal {
    return this.#death.signal;
  }

  async stop(): Promise<MemoryPeak> {
    this.#stopped.abort();
    await this.#watching;
    await this.#look();
    return { residentBytes: this.#residentBytes, countedBytes: this.#countedBytes, died: this.death.aborted };
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted && !this.death.aborted) {
      await this.#look();
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const [status, sockets] = await Promise.all([
      readFile(`/proc/${this.#pid}/status`, 'utf8').catch(() => ''),
      readFile('/proc/net/tcp', 'utf8'),
    ]);
    const resident = bytesOf(status, 'VmRSS');
    // A process that has ended is there without memory until its parent has asked how it ended.
    if (resident === 0) {
      this.#death.abort();
      return;
    }
    // Between two looks it may have been more, of which the kernel keeps the highest.
    this.#residentBytes = Math.max(this.#residentBytes, bytesOf(status, 'VmHWM'));
    this.#countedBytes = Math.max(this.#countedBytes, this.#residentBytes, resident + queuedBytes(sockets, this.#port));
  }
}

/** Bytes in the send and receive queues of a port's sockets, from `/proc/net/tcp` (proc(5)). Their overhead is not in it. */
export function queuedBytes(table: string, port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  let bytes = 0;
  for (const line of table.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (!`${fields[1]} `.endsWith(local)) continue;
    const [send = '0', receive = '0'] = (fields[4] ?? '').split(':');
    bytes += Number.parseInt(send, 16) + Number.parseInt(receive, 16);
  }
  return bytes;
}
