import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { UnsupportedTemplateError } from '../assembly/errors.ts';

/** What an image runs by default. */
export interface ImageDefaults {
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Reads from a Dockerfile what its image would run. The files of the build directory are used in place, so
 * the image must copy them without renaming.
 * @throws UnsupportedTemplateError if CMD or ENTRYPOINT is not in the exec form
 */
export function readDockerfile(directory: string): ImageDefaults {
  const file = join(directory, 'Dockerfile');
  const dockerfile = DockerfileParser.parse(readFileSync(file, 'utf8'));
  const lastStage = dockerfile.getFROMs().at(-1)?.getRange().start.line ?? 0;
  const inLastStage = <I extends { getRange(): { start: { line: number } } }>(instructions: readonly I[]) =>
    instructions.filter((instruction) => instruction.getRange().start.line >= lastStage);
  const strings = (instruction: { getJSONStrings(): { getJSONValue(): string }[] } | undefined) => {
    const values = instruction?.getJSONStrings().map((text) => text.getJSONValue()) ?? [];
    if (instruction !== undefined && values.length === 0) {
      throw new UnsupportedTemplateError(`${file}: CMD and ENTRYPOINT must be in the exec form, for example CMD ["node", "main.mjs"]`);
    }
    return values;
  };
  const variables = inLastStage(dockerfile.getENVs()).flatMap((instruction) => instruction.getProperties());
  return {
    entryPoint: strings(inLastStage(dockerfile.getENTRYPOINTs()).at(-1)),
    command: strings(inLastStage(dockerfile.getCMDs()).at(-1)),
    env: Object.fromEntries(variables.map((variable) => [variable.getName(), variable.getValue() ?? ''])),
  };
}
