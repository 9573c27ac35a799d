import type { EventLog } from '../../../backbone/ports.ts';
import type { TaskReport } from './protocol.ts';

const WRITES: readonly string[] = ['allocate', 'append', 'tombstone', 'setClaim', 'markNotified'] satisfies readonly (keyof EventLog)[];

/** Counts the calls of a log that read, by kind and by channel. */
export class ReadCounts {
  readonly #byKind = new Map<string, number>();
  readonly #byChannel = new Map<string, number>();

  note(method: string, [channel]: readonly unknown[]): void {
    if (WRITES.includes(method)) return;
    this.#byKind.set(method, (this.#byKind.get(method) ?? 0) + 1);
    // One call of `heads` is of many channels.
    if (typeof channel === 'string') this.#byChannel.set(channel, (this.#byChannel.get(channel) ?? 0) + 1);
  }

  summary(): Pick<TaskReport, 'reads' | 'mostReadsOfChannel' | 'channelsRead'> {
    return {
      reads: Object.fromEntries(this.#byKind),
      mostReadsOfChannel: Math.max(0, ...this.#byChannel.values()),
      channelsRead: this.#byChannel.size,
    };
  }

  clear(): void {
    this.#byKind.clear();
    this.#byChannel.clear();
  }
}
