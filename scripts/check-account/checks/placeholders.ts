import { placeholdersOf } from '../../../lib/placeholders.ts';
import { type Check, ok, problem } from '../finding.ts';

/** Whether the stage still has values that are examples. */
export function placeholderCheck(stage: { readonly id: string }): Check {
  return {
    about: 'placeholders of the stage',
    async run() {
      const placeholders = placeholdersOf(stage);
      if (placeholders.length === 0) return [ok('settings: no placeholder is left')];
      return placeholders.map(({ setting, value }) =>
        problem(`setting ${setting}: ${JSON.stringify(value)} is an example`, `set it in lib/stages/${stage.id}.ts`),
      );
    },
  };
}
