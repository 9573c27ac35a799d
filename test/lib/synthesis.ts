import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { CDK_CONTEXT, ROOT, WITHOUT_BUNDLING, WITHOUT_VALIDATION } from './harness.ts';

export interface Synthesis {
  /** For the caller to remove. */
  readonly outDir: string;
  readonly status: number | null;
  readonly output: string;
  /** By name of the stack. */
  readonly templates: Readonly<Record<string, Template>>;
}

export interface SynthesisOptions {
  /** The repository, or a copy of it. @default - the repository */
  readonly root?: string;
  /** Whether checks and validation run, which take most of the time of a synth. @default false */
  readonly checked?: boolean;
}

/** Runs `bin/app.ts` as the CDK's command line does, without credentials. */
export function synthesize(stage: string, { root = ROOT, checked = false }: SynthesisOptions = {}): Synthesis {
  const outDir = mkdtempSync(join(tmpdir(), 'realtime-lanes-synthesis-'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin', 'app.ts')], {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...(checked ? {} : WITHOUT_VALIDATION),
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      CDK_OUTDIR: outDir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...CDK_CONTEXT, ...WITHOUT_BUNDLING, stage, checks: checked ? 'on' : 'off' }),
    },
  });
  const files = status === 0 ? readdirSync(outDir).filter((name) => name.endsWith('.template.json')) : [];
  const templates = files.map((name) => [
    name.replace('.template.json', ''),
    Template.fromJSON(JSON.parse(readFileSync(join(outDir, name), 'utf8'))),
  ]);
  return { outDir, status, output: stdout + stderr, templates: Object.fromEntries(templates) };
}
