import type { Outcome } from '../../../scripts/verify-stage/scenario/step.ts';
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

export interface Exercised {
  readonly outcomes: readonly Outcome[];
  readonly leftOut: readonly LeftOut[];
  /** Kinds of things that the emulator does not list, so that nobody knows whether one is left behind. */
  readonly unlisted: readonly string[];
}

/** What was seen, and what a reader must not take for seen. */
export function describeExercised({ outcomes, leftOut, unlisted }: Exercised): string {
  const skipped = outcomes.flatMap((outcome) => (outcome.kind === 'not exercised' ? [outcome] : []));
  const byReason = Map.groupBy(skipped, ({ reason }) => reason);
  const types = [...new Set(leftOut.map(({ type }) => type))];
  return [
    `exercised: cdk deploy, an update that replaces the topic, cdk destroy, and ${outcomes.length - skipped.length} steps`,
    'not exercised:',
    '  permissions, quotas, throttling and the network of AWS: docs/verification.md',
    ...(types.length > 0 ? [`  resources that were left out: ${types.join(', ')}`] : []),
    ...[...byReason].flatMap(([reason, steps]) => [`  ${reason}:`, ...steps.map(({ name }) => `    ${name}`)]),
    ...(unlisted.length > 0 ? [`  whether any is left behind, since the emulator does not list them: ${unlisted.join(', ')}`] : []),
  ].join('\n');
}
