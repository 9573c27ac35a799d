import { MemoryEventLog } from '../../backbone/memory/memory-event-log.ts';
import { MemoryLatestStore } from '../../backbone/memory/memory-latest-store.ts';
import { eventLogContract } from './contracts/event-log-contract.ts';
import { latestStoreContract } from './contracts/latest-store-contract.ts';

// The other tests rely on them: they keep the same promises as those on DynamoDB.
eventLogContract('memory', async (clock, retentionMs) => new MemoryEventLog({ clock, retentionMs }));
latestStoreContract('memory', async (clock, retentionMs) => {
  const store = new MemoryLatestStore({ clock, retentionMs });
  const fill = async (keys: number) => {
    for (let at = 0; at < keys; at++) await store.put({ channel: 'a', key: `k${at}`, value: { type: 'message', data: '' } });
  };
  return { store, fill };
});
