import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assemblyDir } from './run.ts';

/** A statement of a policy, before its references are resolved. */
export interface TemplateStatement {
  readonly Effect: string;
  Action: string | string[];
  readonly Resource?: unknown;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: { readonly PolicyDocument?: { Statement: TemplateStatement[] } };
}

/** Resources by logical id. */
export type TemplateResources = Record<string, TemplateResource>;

export interface EditedAssembly {
  readonly directory: string;
  remove(): void;
}

/** A copy of the assembly whose templates have been changed; the assets are those of the original. */
export function editAssembly(edit: (resources: TemplateResources) => void): EditedAssembly {
  const original = assemblyDir();
  const directory = mkdtempSync(join(tmpdir(), 'lanes-e2e-edited-'));
  for (const name of readdirSync(original)) {
    const [from, to] = [join(original, name), join(directory, name)];
    if (name.startsWith('asset.')) {
      symlinkSync(from, to);
    } else if (name.endsWith('.template.json')) {
      const template: { readonly Resources: TemplateResources } = JSON.parse(readFileSync(from, 'utf8'));
      edit(template.Resources);
      writeFileSync(to, JSON.stringify(template));
    } else {
      cpSync(from, to, { recursive: true });
    }
  }
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** The statements of all policies whose logical id starts so. */
export function policiesOf(resources: TemplateResources, prefix: string): readonly TemplateStatement[] {
  return Object.entries(resources)
    .filter(([id]) => id.startsWith(prefix))
    .flatMap(([, { Properties }]) => Properties?.PolicyDocument?.Statement ?? []);
}
