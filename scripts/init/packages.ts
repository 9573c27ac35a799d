const CODE = /\.(ts|tsx|mjs|cjs|js)$/;
/** The name of a package in an import, static or not, or in a `require`. */
const IMPORT = /(?:from|import|import\(|require\(|resolve\() ?'((?:@[^/']+\/)?[^/'.][^/']*)/g;

/**
 * Packages that files imported before, and none does now. What no file has imported, such as a command, is not for this to tell.
 *
 * @param before texts of all files by path
 * @param after the same after the change
 */
export function packagesLeftOver(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const now = importedBy(after);
  return [...importedBy(before)].filter((name) => !now.has(name)).sort();
}

function importedBy(files: ReadonlyMap<string, string>): ReadonlySet<string> {
  const code = [...files].filter(([path]) => CODE.test(path)).map(([, text]) => text);
  return new Set(code.flatMap((text) => [...text.matchAll(IMPORT)].map(([, name = '']) => name)));
}
