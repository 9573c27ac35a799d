import { Annotations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A setting that nobody can deploy with as it stands. */
export interface Placeholder {
  /** For example `edge.certificateArn`. */
  readonly setting: string;
  readonly value: string;
}

/** What examples hold, and no deployment has. */
const PLACEHOLDERS: readonly RegExp[] = [
  // Accounts of the examples in the documentation of AWS.
  /:(111122223333|123456789012):/,
  // The id that `npm run init` writes where it does not know the region's.
  /^pl-0+$/,
  // Names of RFC 2606, which belong to nobody, as a host or within a URL.
  /^([a-z]+:\/\/)?([\w-]+\.)*(example\.(com|net|org)|(?<=\.)(example|invalid))(?=[:/]|$)/,
];

/** Every placeholder in the settings of a stage. */
export function placeholdersOf(settings: unknown, path = ''): readonly Placeholder[] {
  if (typeof settings === 'string') {
    return PLACEHOLDERS.some((placeholder) => placeholder.test(settings)) ? [{ setting: path, value: settings }] : [];
  }
  if (typeof settings !== 'object' || settings === null) return [];
  return Object.entries(settings).flatMap(([key, value]) => placeholdersOf(value, path === '' ? key : `${path}.${key}`));
}

/**
 * Warns at synth of a stage that still has placeholders: one annotation, which `cdk synth`, `cdk diff` and `cdk deploy` print, and which
 * ends them with an error when they are given `--strict`.
 *
 * @param scope what shows the warning: the stack that every app has
 */
export function warnOfPlaceholders(scope: IConstruct, stage: { readonly id: string }): void {
  const placeholders = placeholdersOf(stage);
  if (placeholders.length === 0) return;
  const list = placeholders.map(({ setting, value }) => `${setting} (${value})`).join(', ');
  Annotations.of(scope).addWarningV2(
    'realtime-lanes:placeholders',
    `Stage ${stage.id} has placeholders: ${list}. Set them in lib/stages/${stage.id}.ts before the first deploy.`,
  );
}
