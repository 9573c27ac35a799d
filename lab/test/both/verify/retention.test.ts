import { expect, test } from '@jest/globals';
import type { StackAssembly } from '../../../../packages/assembly-local/assembly/read.ts';
import { retainedIds } from '../../../both/verify/retention.ts';

const stack = (name: string, policies: Readonly<Record<string, string>>): StackAssembly => ({
  name,
  region: 'us-east-1',
  template: {
    Resources: Object.fromEntries(
      Object.entries(policies).map(([logicalId, DeletionPolicy]) => [logicalId, { Type: 'AWS::X::Y', DeletionPolicy, Properties: {} }]),
    ),
    Outputs: {},
    Parameters: {},
    Conditions: {},
    Mappings: {},
  },
});

test('what a template retains stays, what it deletes or does not mention goes', () => {
  const stacks = [stack('One', { Kept: 'Retain', KeptToo: 'RetainExceptOnCreate', Deleted: 'Delete' }), stack('Two', {})];
  const resources = [
    ['One', 'Kept'],
    ['One', 'KeptToo'],
    ['One', 'Deleted'],
    // Of the same name as one that another stack retains.
    ['Two', 'Kept'],
  ].map(([of = '', logicalId = '']) => ({ stack: of, logicalId, type: 'AWS::X::Y', physicalId: `${of}-${logicalId}` }));
  expect([...retainedIds(stacks, { resources, outputs: {} })]).toEqual(['One-Kept', 'One-KeptToo']);
});
