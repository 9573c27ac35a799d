import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Replaces a template of an assembly. It gets a new name in the bucket of assets, as a synth would give it: the CDK does not
 * upload what is there already, and would deploy the template of an earlier run.
 */
export function writeTemplate(directory: string, name: string, template: object): void {
  const text = JSON.stringify(template);
  const hash = createHash('sha256').update(text).digest('hex');
  writeFileSync(join(directory, name), text);
  const old = hashOf(directory, name);
  if (old === undefined) return;
  for (const file of readdirSync(directory).filter((candidate) => candidate === 'manifest.json' || candidate.endsWith('.assets.json'))) {
    const path = join(directory, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(old, hash));
  }
}

/** The asset that the template is published as. */
function hashOf(directory: string, name: string): string | undefined {
  const assets = name.replace(/\.template\.json$/, '.assets.json');
  if (!readdirSync(directory).includes(assets)) return undefined;
  const { files = {} } = JSON.parse(readFileSync(join(directory, assets), 'utf8')) as {
    readonly files?: Readonly<Record<string, { readonly source: { readonly path?: string } }>>;
  };
  return Object.entries(files).find(([, { source }]) => source?.path === name)?.[0];
}
