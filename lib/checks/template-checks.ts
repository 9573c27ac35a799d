import type { App } from 'aws-cdk-lib';
import { Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { acknowledge } from '../acknowledgements.ts';
import { ControlTowerChecks } from './control-tower.ts';

/**
 * Checks every template of the app when it is synthesized, with rules that others maintain: cdk-nag's
 * AwsSolutions and NIST 800-53 R5, and the proactive controls of Control Tower. A finding that is not
 * acknowledged fails the synth.
 *
 * Call it when the app has all its stacks.
 */
export function checkTemplates(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app), new ControlTowerChecks());
  for (const stack of app.node.children.filter(Stack.isStack)) acknowledgeForms(stack);
}

/** Acknowledges what the CDK writes in one form and a rule expects in another, wherever it appears. */
function acknowledgeForms(stack: Stack): void {
  acknowledge(
    stack,
    'Each of these policies belongs to exactly one role and is deleted with it. A managed policy could be attached to anything else in the account. What every policy allows is checked action by action against what the role uses.',
    'NIST.800.53.R5-IAMNoInlinePolicy',
  );
}
