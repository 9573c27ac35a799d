import { MemoryEventLog } from '../../backbone/memory/memory-event-log.ts';
import { MemoryConnectionStore } from '../../lambda/websocket/memory/memory-connection-store.ts';
import { MemoryPostQuota } from '../../lambda/websocket/memory/memory-post-quota.ts';
import { MemoryPublicationQuota } from '../../lambda/websocket/memory/memory-publication-quota.ts';
import { MemoryReplayStore } from '../../lambda/websocket/memory/memory-replay-store.ts';
import { connectionStoreContract } from '../lambda/websocket/contracts/connection-store-contract.ts';
import { postQuotaContract } from '../lambda/websocket/contracts/post-quota-contract.ts';
import { publicationQuotaContract } from '../lambda/websocket/contracts/publication-quota-contract.ts';
import { LEASE_MS, replayStoreContract } from '../lambda/websocket/contracts/replay-store-contract.ts';
import { eventLogContract } from './contracts/event-log-contract.ts';

// The other tests rely on these: they keep the same promises as the ports on DynamoDB.
eventLogContract('memory', async (clock, retentionMs) => new MemoryEventLog({ clock, retentionMs }));
connectionStoreContract('memory', async (clock, connectionTtlMs) => new MemoryConnectionStore({ clock, connectionTtlMs }));
publicationQuotaContract('memory', async (perSecond, clock) => new MemoryPublicationQuota(perSecond, clock));
postQuotaContract('memory', async (perSecond, clock) => new MemoryPostQuota(perSecond, clock));
replayStoreContract('memory', async (maxPerPrincipal, clock) => new MemoryReplayStore(maxPerPrincipal, LEASE_MS, clock));
