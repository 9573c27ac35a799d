import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalUrls } from '../../packages/assembly-local/urls.ts';

/** A page with a program in each language, about one lane. */
export interface LanePage {
  readonly lane: string;
  /** Path from the root of the repository. */
  readonly path: string;
  /** The address of the lane in the programs, without the path. */
  readonly origin: string;
  /** Where the lane is in the local run. */
  readonly target: (urls: LocalUrls) => URL;
  /** What the head of a request has that resumes, if heads show it. */
  readonly resumption?: RegExp;
}

const HERE = import.meta.dirname;

/** The pages of the lanes that are here: each has a folder beside this file, which goes with the lane. */
export async function lanePages(): Promise<readonly LanePage[]> {
  const lanes = readdirSync(HERE).filter((name) => existsSync(join(HERE, name, 'page.ts')));
  const modules: readonly { readonly page: LanePage }[] = await Promise.all(lanes.map((lane) => import(`./${lane}/page.ts`)));
  return modules.map(({ page }) => page);
}
