import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A rule of one of the checkers of `checks/template-checks.ts`, as they name it in a finding. */
export type CheckedRule = `AwsSolutions-${string}` | `NIST.800.53.R5-${string}` | `CT.${string}`;

/** Why findings of these rules stand, in a file `*.findings.ts` beside the construct that has them. */
export type Finding = readonly [reason: string, ...rules: CheckedRule[]];
export type Findings = Readonly<Record<string, Finding>>;

/**
 * Tells why findings at a construct, or anywhere below it, stand. All of them can be read in docs/security-findings.md,
 * which `npm run findings` writes. One that answers no finding fails a test.
 *
 * @param reason what a security reviewer needs to agree
 */
export function acknowledge(scope: IConstruct, reason: string, ...rules: readonly CheckedRule[]): void {
  Validations.of(scope).acknowledge(...rules.map((rule) => ({ id: `${checkerOf(rule)}::${rule}`, reason })));
}

/**
 * Tells why a policy below `scope` names many resources with one ARN that holds a `*`. Any other wildcard there still
 * fails the synth.
 *
 * @param arn as it stands in the policy
 * @param reason what a security reviewer needs to agree
 */
export function acknowledgeWildcard(scope: IConstruct, arn: string, reason: string): void {
  acknowledge(scope, reason, `AwsSolutions-IAM5[Resource::${flatten(Stack.of(scope).resolve(arn))}]`);
}

/**
 * The name under which the CDK knows the checker of a rule. With it, the CDK itself takes acknowledged findings out of
 * the result and lists them in the assembly's validation report; without it, cdk-nag would drop them without a trace.
 */
function checkerOf(rule: CheckedRule): string {
  if (rule.startsWith('CT.')) return 'ControlTower';
  return rule.slice(0, rule.indexOf('-'));
}

/** Writes an ARN the way cdk-nag names it in a finding: references become `<LogicalId>` and `<LogicalId.Attribute>`. */
function flatten(node: unknown): string {
  if (typeof node === 'string') return node;
  if (typeof node === 'object' && node !== null) {
    if ('Ref' in node) return `<${node.Ref}>`;
    if ('Fn::GetAtt' in node && Array.isArray(node['Fn::GetAtt'])) return `<${node['Fn::GetAtt'].join('.')}>`;
    if ('Fn::Join' in node && Array.isArray(node['Fn::Join'])) {
      const [delimiter, parts] = node['Fn::Join'];
      return parts.map(flatten).join(delimiter);
    }
  }
  return JSON.stringify(node);
}
