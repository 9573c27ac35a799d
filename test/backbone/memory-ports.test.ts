import { MemoryEventLog } from '../../backbone/memory/memory-event-log.ts';
import { MemoryLatestStore } from '../../backbone/memory/memory-latest-store.ts';
import { eventLogContract } from './contracts/event-log-contract.ts';
import { latestStoreContract } from './contracts/latest-store-contract.ts';

// The other tests rely on them: they keep the same promises as those on DynamoDB.
eventLogContract('memory', async (clock, retentionMs) => new MemoryEventLog({ clock, retentionMs }));
latestStoreContract('memory', async (clock, retentionMs) => new MemoryLatestStore({ clock, retentionMs }));
