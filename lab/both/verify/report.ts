import type { LeftOut } from './assembly/adapt-template.ts';
import type { Deployment } from './deployment.ts';

/** What is not deployed, by type and reason. */
export function describeLeftOut(leftOut: readonly LeftOut[]): string {
  const groups = Map.groupBy(leftOut, ({ type, reason }) => `${type}: ${reason}`);
  return [`left out: ${leftOut.length}`, ...[...groups].map(([text, { length }]) => `  ${length} × ${text}`)].join('\n');
}

/** What is deployed, by stack and type. */
export function describeDeployed({ resources }: Deployment): string {
  const stacks = Map.groupBy(resources, ({ stack }) => stack);
  return [
    `deployed: ${resources.length} resources of ${new Set(resources.map(({ type }) => type)).size} types in ${stacks.size} stacks`,
    ...[...stacks].map(([stack, ofStack]) => {
      const types = Map.groupBy(ofStack, ({ type }) => type.replace(/^AWS::/, ''));
      return `  ${stack}: ${[...types].map(([type, { length }]) => `${length} ${type}`).join(', ')}`;
    }),
  ].join('\n');
}
