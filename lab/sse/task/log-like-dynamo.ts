import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { LogEntry } from '../../../backbone/domain/log-entry.ts';
import type { EventLog, LogPage } from '../../../backbone/ports.ts';

/** DynamoDB answers a query with at most so much (API reference of `Query`, 2026-11). */
const PAGE_BYTES = 1024 * 1024;

/** Called for every call of the log, before it is made. */
export type OnCall = (method: keyof EventLog, args: readonly unknown[]) => void;

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;

/**
 * A log in memory that costs its reader what DynamoDB does: every call takes a while, a page ends at 1 MB, and entries are
 * parsed anew from JSON at every read. Entries as they lie in memory would be shared by all who read them, and cost nothing.
 *
 * @param latencyMs of a call; each takes between one less and one more, so that calls do not end all at once
 */
export function createLogLikeDynamo(log: EventLog, latencyMs: number, onCall: OnCall = () => undefined): EventLog {
  return new Proxy(log, {
    get(target, method) {
      return async (...args: readonly unknown[]) => {
        onCall(method as keyof EventLog, args);
        if (latencyMs > 0) await sleep(latencyMs + Math.random() * 2 - 1);
        // Answers from a network come in turns of the event loop. Node runs timers for as long as one is due, and a busy task would do nothing else.
        await setImmediate();
        const result = await (target as unknown as Methods)[String(method)]?.(...args);
        return isPage(result) ? readPage(result) : result;
      };
    },
  });
}

function isPage(result: unknown): result is LogPage {
  return typeof result === 'object' && result !== null && 'entries' in result && 'more' in result;
}

function readPage({ entries, more }: LogPage): LogPage {
  const page: LogEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const json = encoded(entry);
    if (bytes > 0 && bytes + json.length > PAGE_BYTES) return { entries: page, more: true };
    bytes += json.length;
    page.push(JSON.parse(json.toString()) as LogEntry);
  }
  return { entries: page, more };
}

/** What is read again and again is encoded once: encoding is DynamoDB's work, and not the task's. */
const known = new WeakMap<LogEntry, Buffer>();

/** It lies in the task's memory here, so it may not become much. */
const MOST_KNOWN_BYTES = 32 * 1024 * 1024;
let knownBytes = 0;

function encoded(entry: LogEntry): Buffer {
  const before = known.get(entry);
  if (before !== undefined) return before;
  const bytes = Buffer.from(JSON.stringify(entry));
  if (knownBytes + bytes.length <= MOST_KNOWN_BYTES) {
    known.set(entry, bytes);
    knownBytes += bytes.length;
  }
  return bytes;
}
