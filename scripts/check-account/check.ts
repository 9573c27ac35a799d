import type { Stage } from '../../lib/stage.ts';
import type { Account } from './account.ts';
import type { PlannedStack } from './assembly.ts';
import { bootstrapChecks } from './checks/bootstrap.ts';
import { domainChecks } from './checks/domain.ts';
import { gatewayLogRoleChecks } from './checks/gateway-log-role.ts';
import { placeholderCheck } from './checks/placeholders.ts';
import { prefixListChecks } from './checks/prefix-lists.ts';
import { quotaChecks } from './checks/quotas.ts';
import { serviceRoleChecks } from './checks/service-roles.ts';
import { stackChecks } from './checks/stacks.ts';
import { zoneChecks } from './checks/zones.ts';
import type { Check, Finding } from './finding.ts';
import { NotReadOnlyError } from './read-only.ts';

/** Everything that a deploy of these stacks needs of the account, and whether it has it. In the order of a deploy. */
export async function checkAccount(
  stage: Pick<Stage, 'id' | 'edge'>,
  stacks: readonly PlannedStack[],
  account: Account,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const checks = [
    placeholderCheck(stage),
    ...bootstrapChecks(stacks, account),
    ...stackChecks(stacks, account, stage.id),
    ...serviceRoleChecks(stacks, account),
    ...zoneChecks(stacks, account),
    ...domainChecks(stage.edge, account),
    ...prefixListChecks(stacks, account),
    ...gatewayLogRoleChecks(stacks, account),
    ...quotaChecks(stacks, account),
  ];
  const findings = await Promise.all(checks.map(carryOut));
  signal.throwIfAborted();
  return findings.flat();
}

/** What the account does not answer is no reason to leave out the rest. */
async function carryOut({ about, run }: Check): Promise<readonly Finding[]> {
  try {
    return await run();
  } catch (error) {
    if (!isAnswer(error) || error instanceof NotReadOnlyError) throw error;
    return [{ verdict: 'unchecked', text: `${about}: ${describe(error)}` }];
  }
}

/** With the status: an endpoint that has no such API may answer without an error's name. */
function describe(error: Error & { readonly $metadata?: { readonly httpStatusCode?: number } }): string {
  const status = error.$metadata?.httpStatusCode;
  return `${error.name}: ${error.message}${status === undefined ? '' : ` (HTTP ${status})`}`;
}

/** Whether it came from the service or the way to it. Anything else is a mistake of this program. */
const isAnswer = (error: unknown): error is Error =>
  error instanceof Error && ('$metadata' in error || 'code' in error || error.name === 'TimeoutError');
