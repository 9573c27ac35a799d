/** The offenders in a process of their own, until SIGTERM. `argv[2]` is their options as JSON. The line at the end says what they did. */
import { constants, setPriority } from 'node:os';
import { type OffenderOptions, startOffenders } from './offenders.ts';

// Those that a service meets run on other machines. Here they get what the service and the measured clients leave.
setPriority(constants.priority.PRIORITY_LOW);

const offenders = await startOffenders(JSON.parse(process.argv[2] ?? '') as OffenderOptions);
process.stdout.write('{}\n');
process.once('SIGTERM', async () => {
  await offenders.stop();
  process.stdout.write(`${JSON.stringify({ requests: offenders.requests() })}\n`, () => process.exit());
});
