import { MemoryConnectionStore } from '../../backbone/memory/memory-connection-store.ts';
import { MemoryEventLog } from '../../backbone/memory/memory-event-log.ts';
import { MemoryPublicationQuota } from '../../backbone/memory/memory-publication-quota.ts';
import { connectionStoreContract } from './contracts/connection-store-contract.ts';
import { eventLogContract } from './contracts/event-log-contract.ts';
import { publicationQuotaContract } from './contracts/publication-quota-contract.ts';

// The other tests rely on these: they keep the same promises as the ports on DynamoDB.
eventLogContract('memory', async (clock, retentionMs) => new MemoryEventLog({ clock, retentionMs }));
connectionStoreContract('memory', async (clock, connectionTtlMs) => new MemoryConnectionStore({ clock, connectionTtlMs }));
publicationQuotaContract('memory', async (perSecond, clock) => new MemoryPublicationQuota(perSecond, clock));
