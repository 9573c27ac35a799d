import { Annotations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A setting that must be changed before the stage can be deployed. */
export interface Placeholder {
  /** For example `edge.certificateArn`. */
  readonly setting: string;
  readonly value: string;
}

/** Values that appear in examples only, never in a real deployment. */
const PLACEHOLDERS: readonly RegExp[] = [
  // Example accounts of AWS's documentation.
  /:(111122223333|123456789012):/,
  // The id that `npm run init` writes if it does not know that of the region.
  /^pl-0+$/,
  // Names reserved by RFC 2606, which belong to nobody, as a host or within a URL.
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
 * Warns at synth about a stage that still has placeholders, with one annotation. `cdk synth`, `cdk diff` and
 * `cdk deploy` print it, and fail with `--strict`.
 *
 * @param scope what the warning is attached to: a stack that every app has
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
