import { expect, test } from '@jest/globals';
import type { AwsCall, CallAws } from '../../../both/verify/aws.ts';
import { newSince, takeInventory } from '../../../both/verify/inventory.ts';

/** Answers as botocore would, from what each operation is to find. */
function accountWith(found: (call: AwsCall) => readonly unknown[] | undefined): CallAws {
  return async (calls) => calls.map((call) => found(call) ?? []);
}

test('lists what there is, by kind', async () => {
  const account = accountWith(({ operation }) => ({ list_tables: ['Log'], list_queues: ['http://queue'] })[operation]);
  expect(await takeInventory(account)).toEqual([
    { kind: 'table', id: 'Log' },
    { kind: 'queue', id: 'http://queue' },
  ]);
});

test('lists no key that waits for its deletion', async () => {
  const account = accountWith(({ operation, parameters }) => {
    if (operation === 'list_keys') return ['gone', 'used'];
    return operation === 'describe_key' ? [parameters?.['KeyId'] === 'gone' ? 'PendingDeletion' : 'Enabled'] : undefined;
  });
  expect(await takeInventory(account)).toEqual([{ kind: 'key', id: 'used' }]);
});

test('finds what is new, though something of another kind had its name', () => {
  const before = [{ kind: 'table', id: 'a' }];
  const now = [...before, { kind: 'queue', id: 'a' }, { kind: 'table', id: 'b' }];
  expect(newSince(before, now)).toEqual([
    { kind: 'queue', id: 'a' },
    { kind: 'table', id: 'b' },
  ]);
});
