import { MemoryEventLog } from '../../backbone/memory/memory-event-log.ts';
import { eventLogContract } from './contracts/event-log-contract.ts';

// The other tests rely on it: it keeps the same promises as the log on DynamoDB.
eventLogContract('memory', async (clock, retentionMs) => new MemoryEventLog({ clock, retentionMs }));
