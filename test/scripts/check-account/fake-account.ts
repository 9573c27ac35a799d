import type { Account, AccountRegion } from '../../../scripts/check-account/account.ts';
import type { PlannedStack } from '../../../scripts/check-account/assembly.ts';
import type { Check, Finding } from '../../../scripts/check-account/finding.ts';

export const ACCOUNT_ID = '111111111111';

type Change = Partial<Omit<Account, 'in'>> & Partial<AccountRegion>;

/** A fresh account that is bootstrapped and has plenty of everything, apart from what a test changes. */
export function fakeAccount(change: Change = {}): Account {
  const region: AccountRegion = {
    stack: async () => undefined,
    parameter: async () => '30',
    quota: async () => 1_000_000,
    count: async () => 0,
    zones: async () => [
      { name: 'us-east-1a', id: 'use1-az1', isAvailable: true },
      { name: 'us-east-1b', id: 'use1-az2', isAvailable: true },
    ],
    certificate: async () => ({ status: 'ISSUED', names: ['*.lanes.dev'] }),
    prefixList: async () => ({ name: 'com.amazonaws.global.cloudfront.origin-facing', maxEntries: 55 }),
    gatewayLogRole: async () => undefined,
    ...change,
  };
  return { id: ACCOUNT_ID, hasServiceRole: async () => true, hasHostedZone: async () => true, ...change, in: () => region };
}

/** A stack of these resources: each by its type, or with properties. */
export function stackOf(
  resources: Readonly<Record<string, readonly [type: string, properties?: object]>> = {},
  change: Partial<PlannedStack> = {},
): PlannedStack {
  return {
    name: 'LanesDevOne',
    region: 'us-east-1',
    tags: { project: 'realtime-lanes', stage: 'dev' },
    bootstrap: { version: 6, parameter: '/cdk-bootstrap/hnb659fds/version' },
    resources: Object.fromEntries(Object.entries(resources).map(([id, [Type, Properties]]) => [id, { Type, Properties }])),
    ...change,
  };
}

/** What the checks find, in one list. */
export const findingsOf = async (checks: readonly Check[]): Promise<readonly Finding[]> =>
  (await Promise.all(checks.map((check) => check.run()))).flat();

/** Verdict, text and fixes in one line each, to match against. */
export const linesOf = async (checks: readonly Check[]): Promise<readonly string[]> =>
  (await findingsOf(checks)).map(({ verdict, text, fixes = [] }) => [`${verdict}: ${text}`, ...fixes].join(' | '));
