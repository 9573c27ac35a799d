import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { CfnGuardValidator } from '@cdklabs/cdk-validator-cfnguard';
import type { IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport, PolicyViolation } from 'aws-cdk-lib';

/** How a description of the plugin begins: `[CT.LAMBDA.PR.3]: Require …`. */
const CONTROL = /^\[(CT(?:\.[A-Z0-9]+)+)\]:\s*/;

/**
 * The proactive controls of AWS Control Tower, which cfn-guard evaluates on this machine. A finding has the control's
 * name and is an error. The plugin gives findings no severity, and the CDK lets a synth pass whose
 * remaining findings have none as soon as any other has been acknowledged.
 */
export class ControlTowerChecks implements IPolicyValidationPlugin {
  readonly name = 'ControlTower';
  readonly version = new CfnGuardValidator().version ?? '';

  validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const guard = new CfnGuardValidator({ disabledRules: [...rulesWithoutResources(context.templatePaths)] });
    const { violations, success } = guard.validate(context);
    return { success, violations: violations.map(asControl) };
  }
}

/**
 * The rules of resource types that no template has: most of them. cfn-guard would read and try each on every template, which takes
 * four times as long as those that have something to say.
 */
export function rulesWithoutResources(templatePaths: readonly string[]): ReadonlySet<string> {
  const types = new Set(templatePaths.flatMap((path) => typesIn(JSON.parse(readFileSync(path, 'utf8')))));
  const plugin = createRequire(import.meta.filename).resolve('@cdklabs/cdk-validator-cfnguard/package.json');
  const rules = readdirSync(join(dirname(plugin), 'rules', 'control-tower', 'cfn-guard'), { recursive: true, withFileTypes: true });

  return new Set(
    rules
      .filter((rule) => rule.isFile() && !concerns(readFileSync(join(rule.parentPath, rule.name), 'utf8'), types))
      .map(({ name }) => basename(name, '.guard')),
  );
}

function typesIn(template: { readonly Resources?: Readonly<Record<string, { readonly Type: string }>> }): readonly string[] {
  return Object.values(template.Resources ?? {}).map(({ Type }) => Type);
}

/** Whether a rule names one of the types, or none at all. */
function concerns(rule: string, types: ReadonlySet<string>): boolean {
  const named = rule.match(/AWS::\w+::\w+/g) ?? [];
  return named.length === 0 || named.some((type) => types.has(type));
}

function asControl(violation: PolicyViolation): PolicyViolation {
  const [prefix, control] = CONTROL.exec(violation.description) ?? [];
  if (prefix === undefined || control === undefined) return { ...violation, severity: 'error' };
  return { ...violation, severity: 'error', ruleName: control, description: violation.description.slice(prefix.length) };
}
