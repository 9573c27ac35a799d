import type { Template } from 'aws-cdk-lib/assertions';

/**
 * `LogicalId: Type` of every resource. An id that changes makes CloudFormation replace what has it, so a change here is one that the
 * author of a pull request explains: what is replaced in a running stage, and what is lost with it.
 */
export function logicalIds(template: Template): readonly string[] {
  const resources: Readonly<Record<string, { Type: string }>> = template.toJSON()['Resources'];
  return (
    Object.entries(resources)
      .map(([id, { Type }]) => `${id}: ${Type}`)
      // A version of a function is a resource of its own for each build.
      .map((line) => line.replace(/CurrentVersion[0-9A-F]{8}[0-9a-f]{32}/, 'CurrentVersion<hash>'))
      .sort()
  );
}
