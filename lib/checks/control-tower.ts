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
  readonly version: string;
  private readonly guard = new CfnGuardValidator();

  constructor() {
    this.version = this.guard.version ?? '';
  }

  validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const { violations, success } = this.guard.validate(context);
    return { success, violations: violations.map(asControl) };
  }
}

function asControl(violation: PolicyViolation): PolicyViolation {
  const [prefix, control] = CONTROL.exec(violation.description) ?? [];
  if (prefix === undefined || control === undefined) return { ...violation, severity: 'error' };
  return { ...violation, severity: 'error', ruleName: control, description: violation.description.slice(prefix.length) };
}
