/** `npm run sbom`: writes what a stage deploys as a CycloneDX bill of materials. See `-- --help`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { Option } from 'commander';
import { createCommand, runCommand } from '../command-line/command.ts';
import { checkFile } from '../command-line/output.ts';
import { stageOption } from '../command-line/stage-option.ts';
import { assembly } from '../command-line/values.ts';
import { type DeployedBundle, deployedBundles } from './deployed-code.ts';
import { withAssembly } from './synthesize.ts';

const ROOT = join(import.meta.dirname, '..');

const ROOT_COMPONENT = 'realtime-lanes';

interface LockedPackage {
  readonly version: string;
  /** `sha512-<base64>`; packages bundled inside another have none of their own. */
  readonly integrity?: string;
  /** An SPDX expression, as declared by the package. */
  readonly license?: string;
}

/**
 * The bill of materials of an assembly: a component for each bundle, and for each package and base that
 * bundles depend on.
 */
export function billOfMaterials(assemblyDir: string): string {
  const { version, packages }: { version: string; packages: Record<string, LockedPackage> } = JSON.parse(
    readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
  );
  const bom = new Models.Bom();
  const root = new Models.Component(Enums.ComponentType.Application, ROOT_COMPONENT, { version, bomRef: ROOT_COMPONENT });
  bom.metadata.component = root;

  const shared = new Map<string, Models.Component>();
  const once = (key: string, make: () => Models.Component): Models.Component => {
    const component = shared.get(key) ?? make();
    shared.set(key, component);
    bom.components.add(component);
    return component;
  };
  for (const bundle of deployedBundles(assemblyDir)) {
    const component = new Models.Component(Enums.ComponentType.Application, bundle.name, { version, bomRef: bundle.name });
    component.dependencies.add(once(bundle.base.name, () => base(bundle.base)).bomRef);
    for (const folder of bundle.packages) component.dependencies.add(once(folder, () => library(folder, packages[folder])).bomRef);
    bom.components.add(component);
    root.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function library(folder: string, locked: LockedPackage | undefined): Models.Component {
  if (locked === undefined) throw new Error(`${folder} is not in package-lock.json: run npm install`);
  const path = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const [group, name = path] = path.startsWith('@') ? path.split('/') : [undefined, path];
  const purl = `pkg:npm/${path.replace('@', '%40')}@${locked.version}`;
  const component = new Models.Component(Enums.ComponentType.Library, name, { group, version: locked.version, purl, bomRef: purl });
  const digest = /^sha512-(.*)$/.exec(locked.integrity ?? '')?.[1];
  if (digest !== undefined) component.hashes.set(Enums.HashAlgorithm['SHA-512'], Buffer.from(digest, 'base64').toString('hex'));
  if (locked.license !== undefined) component.licenses.add(new Models.LicenseExpression(locked.license));
  return component;
}

function base({ kind, name }: DeployedBundle['base']): Models.Component {
  if (kind === 'lambda') {
    return new Models.Component(Enums.ComponentType.Platform, name, {
      supplier: new Models.OrganizationalEntity({ name: 'AWS Lambda' }),
      bomRef: name,
    });
  }
  const [image = name, tag] = name.split(':');
  return new Models.Component(Enums.ComponentType.Container, image, { version: tag, purl: `pkg:docker/${image}@${tag}`, bomRef: name });
}

interface Options {
  readonly stage: string;
  readonly app?: string;
  readonly output?: string;
}

function parse(argv: readonly string[]): Options {
  return createCommand(
    'sbom',
    'Writes what a stage deploys as a CycloneDX bill of materials: bundles, the packages in them, and what they run on.',
  )
    .addOption(stageOption('the stage', 'prod'))
    .addOption(new Option('--app <dir>', 'an assembly that cdk synth has written, instead of synthesizing').argParser(assembly))
    .addOption(new Option('--output <file>', 'where to write it').default(undefined, 'sbom-<stage>.cdx.json'))
    .parse(argv)
    .opts();
}

/** Whether this command wrote the text. */
function isBillOfMaterials(text: string): boolean {
  try {
    return JSON.parse(text)?.metadata?.component?.['bom-ref'] === ROOT_COMPONENT;
  } catch {
    return false;
  }
}

async function main({ stage, app, output = join(ROOT, `sbom-${stage}.cdx.json`) }: Options, signal: AbortSignal): Promise<undefined> {
  checkFile(output, 'npm run sbom', isBillOfMaterials);
  const text = app === undefined ? await withAssembly(stage, { checks: false, signal }, billOfMaterials) : billOfMaterials(app);
  writeFileSync(output, text);
  console.log(`${output}: ${JSON.parse(text).components.length} components`);
}

const [, script] = process.argv;
if (script !== undefined && import.meta.url === pathToFileURL(script).href) {
  // Not awaited: the tests load this file as CommonJS, which has no top-level await.
  void runCommand(parse, main);
}
