/**
 * The content of docs/security-findings.md: every acknowledged finding of the template checks and its reason,
 * on all stages.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';

const ROOT = join(import.meta.dirname, '..');

export const PAGE = join(ROOT, 'docs', 'security-findings.md');

/** The plugins of lib/checks/template-checks.ts. */
const CHECKERS = ['AwsSolutions', 'NIST.800.53.R5', 'ControlTower'];

/** Something that a rule requires and a construct does not do, with or without an acknowledged reason. */
export interface Finding {
  readonly checker: string;
  readonly rule: string;
  /** What the rule requires. */
  readonly description: string;
  /** Paths of the constructs, beginning with the name of their stack. */
  readonly constructs: readonly string[];
  /** Why the finding is acceptable. Undefined if nobody has acknowledged it. */
  readonly acknowledged: { readonly reason: string } | undefined;
}

interface Violation {
  readonly ruleName: string;
  readonly description: string;
  readonly violatingConstructs: readonly { readonly constructPath: string }[];
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly Violation[];
    readonly suppressedViolations?: readonly (Violation & { readonly reason: string })[];
  }[];
}

/** All findings of the template checks in an assembly, from its validation report. */
export function findingsOf(assemblyDir: string): readonly Finding[] {
  const { pluginReports }: Report = JSON.parse(readFileSync(join(assemblyDir, 'validation-report.json'), 'utf8'));
  const reports = pluginReports.filter(({ pluginName }) => CHECKERS.includes(pluginName));
  return reports.flatMap(({ pluginName, violations, suppressedViolations = [] }) => [
    ...violations.map((violation) => toFinding(pluginName, violation, undefined)),
    ...suppressedViolations.map((violation) => toFinding(pluginName, violation, { reason: violation.reason })),
  ]);
}

function toFinding(checker: string, violation: Violation, acknowledged: Finding['acknowledged']): Finding {
  const constructs = violation.violatingConstructs.map(({ constructPath }) => constructPath);
  return { checker, rule: violation.ruleName, description: withoutBoilerplate(violation.description), constructs, acknowledged };
}

/** Every acknowledgement of a template check in an assembly, with or without a finding. */
export function acknowledgementsOf(assemblyDir: string): readonly { readonly rule: string; readonly reason: string }[] {
  return (
    readdirSync(assemblyDir)
      .filter((name) => name.endsWith('.metadata.json'))
      .flatMap((name): readonly Metadata[] => Object.values(JSON.parse(readFileSync(join(assemblyDir, name), 'utf8'))))
      .flat()
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data))
      .map(([id, reason]) => ({ id: id.split('::'), reason }))
      // Without the acknowledgements that the CDK adds for its own checks.
      .filter(({ id: [checker] }) => CHECKERS.includes(checker ?? ''))
      .map(({ id: [, ...rule], reason }) => ({ rule: rule.join('::'), reason }))
  );
}

/** The metadata entries of the constructs at one path. */
type Metadata = readonly { readonly type: string; readonly data: Readonly<Record<string, string>> }[];

const INTRODUCTION = `# Findings of the template checks, and why they stand

Written by \`npm run findings\` from what the stages synthesize; a test fails when it is out of date.

Every synth checks the templates with cdk-nag's packs AwsSolutions and NIST 800-53 R5 and with the proactive controls of AWS Control Tower (cfn-guard). A finding that is not acknowledged fails the synth, and an acknowledgement that answers no
finding fails a test. Each stands in the code beside the construct that it is about. cfn-lint checks the same templates in \`.ci/run\`; what it may not report is in [.cfnlintrc.yaml](../.cfnlintrc.yaml), with reasons.`;

/**
 * The page, reason by reason.
 * @param stages the findings of each stage by its id
 */
export function renderPage(stages: Readonly<Record<string, readonly Finding[]>>): string {
  const rows = Object.entries(stages).flatMap(([stage, findings]) => findings.flatMap((finding) => rowsOf(finding, stage)));
  const sections = [...Map.groupBy(rows, ({ reason }) => reason)].map(([reason, found]) =>
    renderSection(reason, found, Object.keys(stages)),
  );
  return `${[INTRODUCTION, ...sections.sort()].join('\n\n')}\n`;
}

interface Row {
  readonly stage: string;
  readonly reason: string;
  readonly rule: string;
  readonly description: string;
  readonly construct: string;
}

/** One row for each construct, with texts that are the same on every stage. */
function rowsOf({ rule, description, constructs, acknowledged }: Finding, stage: string): readonly Row[] {
  const reason = acknowledged?.reason ?? 'NOT ACKNOWLEDGED';
  return constructs.map((construct) => ({
    stage,
    reason,
    rule: withoutStage(rule, stage),
    description,
    construct: withoutStage(construct, stage).replace(/\/Resource$/, ''),
  }));
}

function renderSection(reason: string, rows: readonly Row[], stages: readonly string[]): string {
  const rules = new Map(rows.map(({ rule, description }) => [rule, description]));
  const heading = new Set([...rules.keys()].sort().map(withoutFinding));
  const wanted = [...rules].map(([rule, description]) => `- \`${rule}\`: ${description}`).sort();
  const places = [...Map.groupBy(rows, ({ construct }) => construct)].map(([construct, found]) => {
    const on = stages.filter((stage) => found.some((row) => row.stage === stage));
    return `\`${construct}\`${on.length < stages.length ? ` (${on.join(', ')} only)` : ''}`;
  });
  return [`## ${[...heading].join(', ')}`, reason, wanted.join('\n'), `At ${places.sort().join(', ')}.`].join('\n\n');
}

/** Removes what cdk-nag adds to a rule's sentence: the numbers of its controls, and advice on suppressions. */
const withoutBoilerplate = (description: string): string =>
  description
    .replace(/\s*- \(Control IDs?:.*$/, '')
    .replace(/ and does not have a cdk-nag rule suppression.*$/, '')
    .replace(/\.$/, '');

/** `LanesDevSse/Front` of stage dev is `Sse/Front`, and the API's `/dev/` is `/<stage>/`. */
const withoutStage = (text: string, stage: string): string =>
  text.replaceAll(`Lanes${stage.charAt(0).toUpperCase()}${stage.slice(1)}`, '').replaceAll(`/${stage}/`, '/<stage>/');

/** `AwsSolutions-IAM5[Resource::*]` is a finding of `AwsSolutions-IAM5`. */
const withoutFinding = (rule: string): string => rule.replace(/\[.*$/, '');
