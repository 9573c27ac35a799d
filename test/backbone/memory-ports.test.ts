import { MemoryEventLog } from '../../backbone/memory/memory-event-log.ts';
import { MemoryPresenceStore } from '../../backbone/memory/memory-presence-store.ts';
import { eventLogContract } from './contracts/event-log-contract.ts';
import { presenceStoreContract } from './contracts/presence-store-contract.ts';

// The other tests rely on it: it keeps the same promises as the log on DynamoDB.
eventLogContract('memory', async (clock, retentionMs) => new MemoryEventLog({ clock, retentionMs }));

presenceStoreContract('memory', async (clock) => new MemoryPresenceStore({ clock }));
