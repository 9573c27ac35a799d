import { expect, test } from '@jest/globals';
import { parseAccess } from '../../../backbone/domain/access.ts';
import { claimOfGroups } from '../../../lambda/access/claim-of-groups.ts';

test.each<[string, readonly string[], object]>([
  ['no group', [], { subscribe: [], publish: [] }],
  [
    'groups of both kinds',
    ['subscribe:orders.*', 'publish:chat', 'subscribe:chat'],
    { subscribe: ['orders.*', 'chat'], publish: ['chat'] },
  ],
  ['a channel whose name holds a colon', ['subscribe:eu:orders'], { subscribe: ['eu:orders'], publish: [] }],
  ['groups about something else', ['admins', 'subscribe', 'subscribe:', 'write:chat'], { subscribe: [], publish: [] }],
])('a user in %s', (_, groups, claim) => {
  expect(claimOfGroups(groups)).toEqual(claim);
});

test('what is written is what the lanes read', () => {
  const lanes = claimOfGroups(['subscribe:orders.*', 'publish:*']);
  expect(parseAccess({ sub: 'ann', exp: 1, lanes }).rights).toEqual(lanes);
});

test('one group gives each of its users channels of their own', () => {
  const lanes = claimOfGroups(['subscribe:user.${sub}.*']);
  expect(parseAccess({ sub: 'ann', exp: 1, lanes }).rights.subscribe).toEqual(['user.ann.*']);
  expect(parseAccess({ sub: 'ben', exp: 1, lanes }).rights.subscribe).toEqual(['user.ben.*']);
});
