import { expect, test } from '@jest/globals';
import { type AccessReport, findings, type GrantUse, type KeptGrant, mergeReports, type Refusal } from '../../iam/report.ts';

const ROLE = 'LanesDevWebsocket/ConnectRoleF02E690C';
const PUT: GrantUse = { action: 'dynamodb:PutItem', resource: 'table', calls: 1 };
const SCAN: GrantUse = { action: 'dynamodb:Scan', resource: 'table', calls: 0 };
const KEPT: KeptGrant = { role: 'ConnectRole', action: 'dynamodb:Scan', resource: 'table', reason: 'a test' };

function report(grants: readonly GrantUse[], refused: readonly Refusal[] = []): AccessReport {
  return { roles: [{ role: ROLE, grants, refused }] };
}

test('nothing is wrong if every grant was needed and nothing was denied', () => {
  expect(findings(report([PUT]), [])).toEqual([]);
});

test('a grant that nothing needs is named with its role and resource', () => {
  expect(findings(report([PUT, SCAN]), [])).toEqual([`${ROLE} may dynamodb:Scan on table, and nothing needs it`]);
});

test('a grant that is kept for a reason is not a finding', () => {
  expect(findings(report([PUT, SCAN]), [KEPT])).toEqual([]);
});

test.each([
  ['role', { role: 'FrameRole' }],
  ['action', { action: 'dynamodb:Query' }],
  ['resource', { resource: 'queue' }],
])('a reason excuses its own %s only', (_, other) => {
  expect(findings(report([SCAN]), [{ ...KEPT, ...other }])).toContain(`${ROLE} may dynamodb:Scan on table, and nothing needs it`);
});

test.each([
  ['used', [{ ...SCAN, calls: 1 }]],
  ['gone', [PUT]],
])('a reason whose grant is %s is a finding', (_, grants) => {
  expect(findings(report(grants), [KEPT])).toEqual([expect.stringContaining('ConnectRole: dynamodb:Scan on table is kept')]);
});

test('a reason whose grant only a slow machine uses stands either way, but not without its grant', () => {
  const kept = { ...KEPT, mayBeUsed: true };
  expect(findings(report([SCAN]), [kept])).toEqual([]);
  expect(findings(report([{ ...SCAN, calls: 1 }]), [kept])).toEqual([]);
  expect(findings(report([PUT]), [kept])).toHaveLength(1);
});

test('a denied call is a finding', () => {
  const refused = { action: 'dynamodb:DeleteItem', resource: 'table', calls: 2 };
  expect(findings(report([PUT], [refused]), [])).toEqual([`${ROLE} was refused dynamodb:DeleteItem on table, 2 times`]);
});

test('runs add up: a grant is needed if one of them needs it', () => {
  const merged = mergeReports([report([PUT, SCAN]), report([PUT, { ...SCAN, calls: 3 }])]);
  expect(merged).toEqual(
    report([
      { ...PUT, calls: 2 },
      { ...SCAN, calls: 3 },
    ]),
  );
});
