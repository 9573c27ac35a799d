import type { Account, ExistingStack } from '../account.ts';
import type { PlannedStack } from '../assembly.ts';
import { type Check, type Finding, ok, problem, warning } from '../finding.ts';

/** States from which CloudFormation takes an update. */
const STEADY = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'IMPORT_COMPLETE', 'IMPORT_ROLLBACK_COMPLETE'];

/** Whether the stacks can be created or updated: nothing else has their names, and no deploy has failed half-way. */
export function stackChecks(stacks: readonly PlannedStack[], account: Account, stage: string): readonly Check[] {
  return stacks.map((planned) => ({
    about: `stack ${planned.name}`,
    async run() {
      const existing = await account.in(planned.region).stack(planned.name);
      return [existing === undefined ? ok(`stack ${planned.name}: there is none yet`) : judge(planned, existing, stage)];
    },
  }));
}

function judge({ name, region, tags }: PlannedStack, { status, tags: theirs }: ExistingStack, stage: string): Finding {
  const foreign = Object.entries(tags).find(([key, value]) => theirs[key] !== value);
  if (foreign !== undefined) {
    const [key, value] = foreign;
    return problem(
      `stack ${name}: there is one of this name that does not belong to this stage: its tag ${key} is ${JSON.stringify(theirs[key])}, not ${JSON.stringify(value)}`,
      `give the stage another id in lib/stages/${stage}.ts`,
    );
  }
  if (STEADY.includes(status)) return ok(`stack ${name}: ${status}, it will be updated`);
  const named = `--stack-name ${name} --region ${region}`;
  if (status === 'ROLLBACK_COMPLETE' || status === 'REVIEW_IN_PROGRESS') {
    return warning(`stack ${name}: ${status}, an earlier deploy did not create it; cdk deploy deletes it first`);
  }
  if (status.endsWith('_IN_PROGRESS')) {
    return problem(
      `stack ${name}: ${status}, somebody is changing it: wait until that has ended`,
      `aws cloudformation describe-stacks ${named} --query "Stacks[].StackStatus"`,
    );
  }
  if (status === 'ROLLBACK_FAILED' || status === 'DELETE_FAILED') {
    return problem(
      `stack ${name}: ${status}, something of it could not be deleted: see "Roll back" in docs/operations.md`,
      `aws cloudformation describe-stack-events ${named}`,
      `aws cloudformation delete-stack ${named}`,
    );
  }
  return problem(`stack ${name}: ${status}, it takes no update before it is rolled back`, `npx cdk rollback ${name} -c stage=${stage}`);
}
