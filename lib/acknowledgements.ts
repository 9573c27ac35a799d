import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A rule of one of the checkers in `checks/template-checks.ts`, by its name in findings. */
export type CheckedRule = `AwsSolutions-${string}` | `NIST.800.53.R5-${string}` | `CT.${string}`;

/**
 * Why findings of these rules are acceptable. Kept in a file `*.findings.ts` next to the construct that has
 * them.
 */
export type Finding = readonly [reason: string, ...rules: CheckedRule[]];
export type Findings = Readonly<Record<string, Finding>>;

/**
 * Records why findings at a construct, or anywhere below it, are acceptable. `npm run findings` lists all of
 * them in docs/security-findings.md. An acknowledgement without a finding fails a test.
 *
 * @param reason what a security reviewer needs to know in order to agree
 */
export function acknowledge(scope: IConstruct, reason: string, ...rules: readonly CheckedRule[]): void {
  Validations.of(scope).acknowledge(...rules.map((rule) => ({ id: `${checkerOf(rule)}::${rule}`, reason })));
}

/**
 * Records why a policy below `scope` uses one ARN with a `*` for many resources. Any other wildcard there
 * still fails the synth.
 *
 * @param arn exactly as in the policy
 * @param reason what a security reviewer needs to know in order to agree
 */
export function acknowledgeWildcard(scope: IConstruct, arn: string, reason: string): void {
  acknowledge(scope, reason, `AwsSolutions-IAM5[Resource::${flatten(Stack.of(scope).resolve(arn))}]`);
}

/**
 * The name of a rule's checker in the CDK. With it, the CDK itself removes acknowledged findings from the
 * result and lists them in the assembly's validation report; without it, cdk-nag would drop them silently.
 */
function checkerOf(rule: CheckedRule): string {
  if (rule.startsWith('CT.')) return 'ControlTower';
  return rule.slice(0, rule.indexOf('-'));
}

/** Formats an ARN as cdk-nag does in a finding: references become `<LogicalId>` and `<LogicalId.Attribute>`. */
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
