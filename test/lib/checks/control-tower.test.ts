import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfnGuardValidator } from '@cdklabs/cdk-validator-cfnguard';
import { afterAll, expect, test } from '@jest/globals';
import { ControlTowerChecks, rulesWithoutResources } from '../../../lib/checks/control-tower.ts';

const directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-control-tower-'));

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function template(Resources: Readonly<Record<string, { readonly Type: string }>>): string {
  const path = join(directory, `${Object.keys(Resources).join('-')}.template.json`);
  writeFileSync(path, JSON.stringify({ Resources }));
  return path;
}

test('finds what all rules of the plugin find', () => {
  const templatePaths = [template({ Queue: { Type: 'AWS::SQS::Queue' } }), template({ Logs: { Type: 'AWS::Logs::LogGroup' } })];
  const context = { templatePaths } as Parameters<ControlTowerChecks['validate']>[0];
  const all = new CfnGuardValidator().validate(context).violations;

  const found = new ControlTowerChecks().validate(context).violations;

  expect(all.length).toBeGreaterThan(1);
  expect(found.map(({ ruleName, violatingResources }) => [`[${ruleName}]`, violatingResources]).sort()).toEqual(
    all.map(({ description, violatingResources }) => [description.split(':')[0], violatingResources]).sort(),
  );
});

test('does not try the rules of types that no template has', () => {
  const skipped = rulesWithoutResources([template({ Queue: { Type: 'AWS::SQS::Queue' } })]);

  expect(skipped).toContain('ct-rds-pr-1');
  expect(skipped).not.toContain('ct-sqs-pr-1');
});
