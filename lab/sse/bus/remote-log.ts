import { deserialize, serialize } from 'node:v8';
import type { EventLog } from '../../../backbone/ports.ts';

/** The log of `cloud.ts`, from another process. */
export function createRemoteLog(url: string): EventLog {
  return new Proxy({} as EventLog, {
    get:
      (_, method) =>
      async (...args: readonly unknown[]) => {
        const response = await fetch(`${url}/${String(method)}`, { method: 'POST', body: serialize(args) });
        if (!response.ok) throw new Error(`the log answered ${response.status} to ${String(method)}`);
        return deserialize(Buffer.from(await response.arrayBuffer()));
      },
  });
}
