/**
 * Offenders in a process of their own, until SIGTERM: `argv[2]` names their kind, `argv[3]` has the address of the service and
 * what was prepared as JSON, and a token of each hostile user follows. The line at the end says what they did.
 */
import { constants, setPriority } from 'node:os';
import { onParentGone } from '../../../command-line/stop.ts';
import { OFFENDERS, type OffenderName } from './offenders/catalog.ts';
import type { Attack } from './offenders/offender.ts';

// Those that a service meets run on other machines. Here they get what the service and the measured clients leave.
setPriority(constants.priority.PRIORITY_LOW);
onParentGone(() => process.exit(1));

const [, , kind = '', rest = '', ...tokens] = process.argv;
const offender = OFFENDERS[kind as OffenderName].start({ ...(JSON.parse(rest) as Omit<Attack, 'tokens'>), tokens });
process.stdout.write('{}\n');
process.once('SIGTERM', async () => {
  await offender.stop();
  process.stdout.write(`${JSON.stringify(offender.outcomes())}\n`, () => process.exit());
});
