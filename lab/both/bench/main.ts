/** `npm run bench`: see `npm run bench -- --help` and both/README.md beside this file. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../../command-line/command.ts';
import { checkFolder, replaceFolder } from '../../../command-line/output.ts';
import { describeMachine, machineText } from '../../shared/machine.ts';
import { createProgress } from '../../shared/progress.ts';
import { renderReport } from '../../shared/report/html.ts';
import type { PartOptions, Section } from '../../shared/report/section.ts';
import { formatSection } from '../../shared/report/text.ts';
import { benchHub, hubNames } from '../../sse/hub/bench.ts';
import type { Sample } from '../../sse/hub/compare.ts';
import { type BenchOptions, parseBenchOptions, selectParts } from './options.ts';

const COMMAND = 'npm run bench';

const names = hubNames();

async function main(options: BenchOptions, signal: AbortSignal): Promise<number | undefined> {
  checkFolder(options.out, COMMAND);
  const selected = selectParts(options.only, names);
  const machine = describeMachine();
  const progress = createProgress();
  const part: PartOptions = { quick: options.quick, rounds: options.rounds, signal, progress: progress.show };
  const measured: Section[] = [];
  let failures = 0;

  /** A part that breaks must not take with it what the others have measured for half an hour. */
  async function add(title: string, measure: () => Promise<Section>): Promise<void> {
    try {
      measured.push(await measure());
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      measured.push({ title, prose: [`Ended by ${error.name}: ${error.message}`], goals: [], tables: [], plots: [] });
      failures++;
    }
  }

  let samples: readonly Sample[] = [];
  const { hub } = selected;
  if (hub !== undefined) {
    await add('The SSE hub beside its peers', async () => {
      const result = await benchHub({ ...part, ...hub });
      samples = result.samples;
      return result.section;
    });
  }
  if (selected.fanOut && !signal.aborted) {
    // Not at the top: clients of AWS would be loaded before `--help` is shown, or a bad value refused.
    const { measureFanOut } = await import('../../websocket/fan-out/part.ts');
    await add('The fan-out function', () => measureFanOut(part));
  }
  progress.end();

  const repetitions = options.rounds === 1 ? 'One round' : `${options.rounds} rounds`;
  const conditions: Section = {
    title: 'Conditions',
    prose: [machineText(machine), `${repetitions}${signal.aborted ? ', ended early by a signal' : ''}.`],
    goals: [],
    tables: [],
    plots: [],
  };
  const sections = [conditions, ...measured];
  process.stdout.write(`${sections.map(formatSection).join('\n\n')}\n`);
  await replaceFolder(options.out, COMMAND, async (folder) => {
    await writeFile(join(folder, 'report.html'), renderReport('realtime-lanes: speed beside its peers', sections));
    await writeFile(join(folder, 'results.json'), `${JSON.stringify({ machine, options, sections, samples }, undefined, 2)}\n`);
  });
  process.stderr.write(`written: ${join(options.out, 'report.html')}, ${join(options.out, 'results.json')}\n`);
  return failures > 0 && !signal.aborted ? 1 : undefined;
}

await runCommand((argv) => parseBenchOptions(argv, names), main);
