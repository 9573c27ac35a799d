import { createLocalPublishQuota } from '../../../lambda/websocket/local-publish-quota.ts';
import { MemoryConnectionStore } from '../../../lambda/websocket/memory/memory-connection-store.ts';
import { MemoryPostQuota } from '../../../lambda/websocket/memory/memory-post-quota.ts';
import { MemoryPublishQuota } from '../../../lambda/websocket/memory/memory-publish-quota.ts';
import { MemoryReplayStore } from '../../../lambda/websocket/memory/memory-replay-store.ts';
import { connectionStoreContract } from './contracts/connection-store-contract.ts';
import { postQuotaContract } from './contracts/post-quota-contract.ts';
import { publicationQuotaContract } from './contracts/publish-quota-contract.ts';
import { LEASE_MS, replayStoreContract } from './contracts/replay-store-contract.ts';

// The other tests rely on these: they keep the same promises as the ports on DynamoDB.
connectionStoreContract(
  'memory',
  async (clock, connectionTtlMs, onClosed) => new MemoryConnectionStore({ clock, connectionTtlMs, onClosed }),
);
publicationQuotaContract('the memory of a function instance', async (perSecond, clock) => createLocalPublishQuota(perSecond, clock));
publicationQuotaContract('memory', async (perSecond, clock) => new MemoryPublishQuota(perSecond, clock));
postQuotaContract('memory', async (perSecond, clock) => new MemoryPostQuota(perSecond, clock));
replayStoreContract('memory', async (maxPerPrincipal, clock) => new MemoryReplayStore(maxPerPrincipal, LEASE_MS, clock));
