import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Tells cdk-nag why a policy below `scope` names many resources with one ARN that holds a `*`. Any other wildcard
 * there still fails the synth.
 *
 * @param arn as it stands in the policy
 * @param reason what a security reviewer needs to agree
 */
export function acknowledgeWildcard(scope: IConstruct, arn: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[Resource::${flatten(Stack.of(scope).resolve(arn))}]`, reason });
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
