import { expect } from '@jest/globals';
import type { LogEntry } from '../../../backbone/domain/log-entry.ts';
import { MemoryEventLog } from '../../../backbone/memory/memory-event-log.ts';
import { LogReader, type ReplayPage } from '../../../backbone/services/log-reader.ts';
import { headOf } from '../../support/head-of.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export const RETENTION_MS = 600_000;
export const GRACE_MS = 5_000;

/** A log, whose channel `a` is written, and its reader. */
export class LogReaderWorld {
  readonly clock = new ManualClock();
  readonly log = new MemoryEventLog({ clock: this.clock, retentionMs: RETENTION_MS });
  readonly reader = new LogReader({ log: this.log, clock: this.clock, retentionMs: RETENTION_MS, graceMs: GRACE_MS });

  async allocate(count = 1): Promise<string> {
    let epoch = '';
    for (let i = 0; i < count; i++) epoch = (await this.log.allocate('a')).epoch;
    return epoch;
  }

  async write(...seqs: readonly number[]): Promise<void> {
    const { epoch } = await headOf(this.log, 'a');
    for (const seq of seqs) {
      const event = { channel: 'a', epoch, seq, type: 'message', data: `e${seq}`, publishedAtMs: this.clock.nowMs() };
      expect((await this.log.append(event, `p${seq}`)).kind).toBe('stored');
    }
  }

  async replayed(afterSeq: number, upTo?: number): Promise<readonly ReplayPage[]> {
    const { epoch } = await headOf(this.log, 'a');
    const pages: ReplayPage[] = [];
    for await (const page of this.reader.replay('a', { epoch, seq: afterSeq }, upTo)) pages.push(page);
    return pages;
  }
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

export function seqs(entries: readonly LogEntry[]): readonly number[] {
  return entries.map(({ seq }) => seq);
}
