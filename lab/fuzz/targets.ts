import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Flood } from './flood.ts';
import type { Target } from './target.ts';

const HERE = import.meta.dirname;

/** Every entrance: each file `*-target.ts` here, and in the folder of each lane that there is, exports one as `target`. */
export async function loadTargets(): Promise<readonly Target[]> {
  const files = readdirSync(HERE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('-target.ts'));
  const modules = await Promise.all(files.sort().map((name) => import(join(HERE, name)) as Promise<{ readonly target: Target }>));
  return modules.map(({ target }) => target);
}

/** What sends requests that never end: `flood` of a file `flood.ts` in the folder of a lane. */
export async function loadFloods(): Promise<readonly Flood[]> {
  const files = readdirSync(HERE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('/flood.ts'));
  const modules = await Promise.all(files.map((name) => import(join(HERE, name)) as Promise<{ readonly flood: Flood }>));
  return modules.map(({ flood }) => flood);
}
