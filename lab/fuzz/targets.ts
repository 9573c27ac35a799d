import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Flood } from './flood.ts';
import type { Target } from './target.ts';

/** Every entrance: each file `*-target.ts` here and in the folders of the lanes exports one as `target`. */
export async function loadTargets(): Promise<readonly Target[]> {
  const modules = await load<{ readonly target: Target }>('**/*-target.ts');
  return modules.map(({ target }) => target);
}

/** What sends requests that never end: `flood` of a file `flood.ts` in the folder of a lane. */
export async function loadFloods(): Promise<readonly Flood[]> {
  const modules = await load<{ readonly flood: Flood }>('*/flood.ts');
  return modules.map(({ flood }) => flood);
}

function load<Module>(pattern: string): Promise<readonly Module[]> {
  const files = globSync(pattern, { cwd: import.meta.dirname }).sort();
  return Promise.all(files.map((file) => import(join(import.meta.dirname, file)) as Promise<Module>));
}
