/** What the steps of the model touch. Whatever is missing here is an order that the systematic exploration leaves out. */
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import type { ClaimKey } from '../../../backbone/ports.ts';
import type { ChannelPosition } from '../../../packages/protocol/cursor.ts';
import { reads, type Touch, type Touches, writes } from './steps.ts';

/** The memory of a task. */
export function hubTouch(hub: 0 | 1): Touch {
  return writes(`hub ${hub}`);
}

/** A client of the WebSocket lane, with all its connections, whose names begin with its own. */
export function socketTouch(name: string): Touch {
  return writes(name.split('-', 1)[0] ?? name);
}

/** A call of the log. */
export function logTouches(method: string, args: readonly unknown[]): Touches {
  const [first] = args;
  switch (method) {
    case 'allocate':
      return [writes(`head of ${first}`)];
    case 'head':
      return [reads(`head of ${first}`)];
    case 'heads':
      return (first as readonly string[]).map((channel) => reads(`head of ${channel}`));
    case 'append': {
      const { channel, seq } = first as ChannelEvent;
      return [writes(`entries of ${channel}`, seq, seq)];
    }
    case 'tombstone': {
      const { seq } = args[1] as ChannelPosition;
      return [writes(`entries of ${first}`, seq, seq)];
    }
    case 'read':
      return [reads(`entries of ${first}`, args[2] as number, args[4] as number | undefined)];
    case 'readBack':
      return [reads(`entries of ${first}`, 0, args[2] as number)];
    case 'claim':
      return [reads(claimOf(first as ClaimKey))];
    case 'setClaim':
    case 'markNotified':
      return [writes(claimOf(first as ClaimKey))];
    default:
      return 'everything';
  }
}

function claimOf({ channel, scope, key }: ClaimKey): string {
  return `claim ${scope} ${key} of ${channel}`;
}

/** A call of the store of connections. */
export function rowTouches(method: string): Touches {
  return [method === 'find' || method === 'subscribers' ? reads('rows') : writes('rows')];
}
