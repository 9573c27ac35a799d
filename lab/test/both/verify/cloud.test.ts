import { expect, test } from '@jest/globals';
import type { AwsCall, CallAws } from '../../../both/verify/aws.ts';
import { ExistingStacksError, refuseExisting } from '../../../both/verify/cloud.ts';

const endpoint = { url: 'https://127.0.0.1:9297' };
const stacks = [
  { name: 'LanesVerifyBackbone', region: 'eu-west-1' },
  { name: 'LanesVerifyEdge', region: 'us-east-1' },
];

/** Stacks by Region; asked for anything else, it fails the test. */
function accountWith(existing: Readonly<Record<string, readonly string[]>>): CallAws {
  return async (calls: readonly AwsCall[]) =>
    calls.map(({ operation, region = '' }) => {
      if (operation !== 'describe_stacks') throw new Error(`${operation} changes something, or is not needed`);
      return existing[region] ?? [];
    });
}

test('stacks of other names, or of these names in other Regions, are in nobody’s way', async () => {
  const callAws = accountWith({ 'eu-west-1': ['Stranger', 'LanesVerifyEdge'] });
  await expect(refuseExisting({ callAws, endpoint }, stacks)).resolves.toBeUndefined();
});

test('a stack of a name that would be deployed, in whichever Region, is refused by name', async () => {
  const callAws = accountWith({ 'us-east-1': ['LanesVerifyEdge'] });
  const refused = refuseExisting({ callAws, endpoint }, stacks);
  await expect(refused).rejects.toThrow(ExistingStacksError);
  await expect(refused).rejects.toThrow('https://127.0.0.1:9297 has the stacks LanesVerifyEdge already');
});
