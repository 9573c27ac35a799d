import { expect, test } from '@jest/globals';
import type { AwsCall, CallAws } from '../../../both/verify/aws.ts';
import { newSince, takeInventory } from '../../../both/verify/inventory.ts';

/** Answers as botocore would, from what each operation is to find. */
function accountWith(found: (call: AwsCall) => readonly unknown[] | null | undefined): CallAws {
  return async (calls) => calls.map((call) => (found(call) === null ? null : (found(call) ?? [])));
}

test('lists what there is, by kind', async () => {
  const account = accountWith(({ operation }) => ({ list_tables: ['Log'], list_queues: ['http://queue'] })[operation]);
  expect(await takeInventory(account)).toEqual({
    items: [
      { kind: 'table', id: 'Log' },
      { kind: 'queue', id: 'http://queue' },
    ],
    unlisted: [],
  });
});

test('lists no key that waits for its deletion', async () => {
  const account = accountWith(({ operation, parameters }) => {
    if (operation === 'list_keys') return ['gone', 'used'];
    return operation === 'describe_key' ? [parameters?.['KeyId'] === 'gone' ? 'PendingDeletion' : 'Enabled'] : undefined;
  });
  expect((await takeInventory(account)).items).toEqual([{ kind: 'key', id: 'used' }]);
});

test('says what the emulator does not list', async () => {
  const account = accountWith(({ operation, optional }) => (operation === 'list_dashboards' && optional === true ? null : undefined));
  expect(await takeInventory(account)).toEqual({ items: [], unlisted: ['dashboard'] });
});

test('finds what is new, though something of another kind had its name', () => {
  const before = [{ kind: 'table', id: 'a' }];
  const now = [...before, { kind: 'queue', id: 'a' }, { kind: 'table', id: 'b' }];
  expect(newSince({ items: before, unlisted: [] }, { items: now, unlisted: [] })).toEqual([
    { kind: 'queue', id: 'a' },
    { kind: 'table', id: 'b' },
  ]);
});
