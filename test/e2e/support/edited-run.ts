import { afterEach, expect } from '@jest/globals';
import { type EditedAssembly, editAssembly, policiesOf, type TemplateResources } from './edited-assembly.ts';
import { type InProcessRun, startInProcess } from './in-process.ts';

export interface EditedRuns {
  /** One at a time; it ends with the test. */
  start(edit: (resources: TemplateResources) => void): Promise<InProcessRun>;
}

/** Runs of the app with changed templates, for the tests of a file. */
export function editedRuns(): EditedRuns {
  let assembly: EditedAssembly | undefined;
  let world: InProcessRun | undefined;

  afterEach(async () => {
    await world?.run.close();
    assembly?.remove();
    world = undefined;
    assembly = undefined;
  }, 30_000);

  return {
    async start(edit) {
      assembly = editAssembly(edit);
      // What an edited app was granted says nothing about the app itself.
      world = await startInProcess({ assemblyDir: assembly.directory, tasks: 1, accessReportDir: undefined });
      return world;
    },
  };
}

/** Takes an action out of a role's policy. */
export function revoke(role: string, action: string): (resources: TemplateResources) => void {
  return (resources) => {
    for (const statement of policiesOf(resources, `${role}DefaultPolicy`)) {
      statement.Action = [statement.Action].flat().filter((granted) => granted !== action);
    }
  };
}

/** A grant that is taken away, what fails without it, and how the log names it. */
export interface TakenGrant {
  readonly grant: string;
  readonly edit: (resources: TemplateResources) => void;
  readonly scenario: (world: InProcessRun) => Promise<void>;
  readonly named: RegExp;
}

/** What a test of a {@link TakenGrant} does. */
export const expectRefusal =
  (runs: EditedRuns) =>
  async ({ edit, scenario, named }: TakenGrant): Promise<void> => {
    const edited = await runs.start(edit);
    await scenario(edited);
    expect(edited.lines.join('')).toMatch(named);
  };
