import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { acknowledgementsOf, type Finding, findingsOf, renderPage } from '../../scripts/security-findings.ts';

describe('an assembly', () => {
  let assembly: string;

  beforeEach(() => {
    assembly = mkdtempSync(join(tmpdir(), 'realtime-lanes-findings-'));
  });

  afterEach(() => {
    rmSync(assembly, { recursive: true });
  });

  const violation = (ruleName: string) => ({
    ruleName,
    description: 'It should.',
    violatingConstructs: [{ constructPath: 'LanesDevSse/It' }],
  });

  test('has findings with a reason, and findings without', () => {
    const pluginReports = [
      {
        pluginName: 'AwsSolutions',
        violations: [violation('AwsSolutions-A1')],
        suppressedViolations: [{ ...violation('AwsSolutions-B2'), reason: 'why' }],
      },
      { pluginName: 'Construct Annotations', violations: [violation('info')] },
    ];
    writeFileSync(join(assembly, 'validation-report.json'), JSON.stringify({ pluginReports }));
    const shared = { checker: 'AwsSolutions', description: 'It should', constructs: ['LanesDevSse/It'] };
    expect(findingsOf(assembly)).toEqual([
      { ...shared, rule: 'AwsSolutions-A1', acknowledged: undefined },
      { ...shared, rule: 'AwsSolutions-B2', acknowledged: { reason: 'why' } },
    ]);
  });

  test('has acknowledgements, except those that the CDK creates itself', () => {
    const data = { 'AwsSolutions::AwsSolutions-IAM5[Resource::*]': 'why', 'CloudFormation-Validate::W3010': 'its own' };
    writeFileSync(join(assembly, 'Stack.metadata.json'), JSON.stringify({ '/Stack': [{ type: 'aws:cdk:acknowledged-rules', data }] }));
    expect(acknowledgementsOf(assembly)).toEqual([{ rule: 'AwsSolutions-IAM5[Resource::*]', reason: 'why' }]);
  });
});

describe('the page', () => {
  const finding = (stack: string): Finding => ({
    checker: 'ControlTower',
    rule: 'CT.A.PR.1',
    description: 'Require it',
    constructs: [`${stack}/It/Resource`],
    acknowledged: { reason: 'It need not.' },
  });

  test('has one section per reason, with what is required and where', () => {
    expect(renderPage({ dev: [finding('LanesDevSse')], prod: [finding('LanesProdSse')] })).toMatch(
      /\n\n## CT\.A\.PR\.1\n\nIt need not\.\n\n- `CT\.A\.PR\.1`: Require it\n\nAt `Sse\/It`\.\n$/,
    );
  });

  test('names the stages of a finding if it is not on all', () => {
    expect(renderPage({ dev: [finding('LanesDevSse')], prod: [] })).toContain('At `Sse/It` (dev only).');
  });

  test('shows what nobody has acknowledged', () => {
    expect(renderPage({ dev: [{ ...finding('LanesDevSse'), acknowledged: undefined }] })).toContain('\nNOT ACKNOWLEDGED\n');
  });
});
