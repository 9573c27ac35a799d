/** `npm run bench`: see `npm run bench -- --help` and README.md beside this file. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measureFanOut } from './fan-out/part.ts';
import { benchHub, hubNames } from './hub/bench.ts';
import type { Sample } from './hub/compare.ts';
import { describeMachine, machineText } from './machine.ts';
import { parseBenchOptions, selectParts } from './options.ts';
import { abortOnSignal, createProgress } from './progress.ts';
import { renderReport } from './report/html.ts';
import type { PartOptions, Section } from './report/section.ts';
import { formatSection } from './report/text.ts';

const names = hubNames();
const options = parseBenchOptions(process.argv, names);
const selected = selectParts(options.only, names);
const machine = describeMachine();
const signal = abortOnSignal();
const progress = createProgress();
const part: PartOptions = { quick: options.quick, rounds: options.rounds, signal, progress: progress.show };

let samples: readonly Sample[] = [];
const measured: Section[] = [];
if (selected.hub !== undefined) {
  const hub = selected.hub;
  await add('The SSE hub beside its peers', async () => {
    const result = await benchHub({ ...part, ...hub });
    samples = result.samples;
    return result.section;
  });
}
if (selected.fanOut && !signal.aborted) await add('The fan-out function', () => measureFanOut(part));
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
await mkdir(options.out, { recursive: true });
const html = join(options.out, 'report.html');
const json = join(options.out, 'results.json');
await writeFile(html, renderReport('realtime-lanes: speed beside its peers', sections));
await writeFile(json, `${JSON.stringify({ machine, options, sections, samples }, undefined, 2)}\n`);
process.stdout.write(`${sections.map(formatSection).join('\n\n')}\n`);
process.stderr.write(`written: ${html}, ${json}\n`);
process.exit(signal.aborted ? 130 : process.exitCode);

/** A part that breaks must not take with it what the others have measured for half an hour. */
async function add(title: string, measure: () => Promise<Section>): Promise<void> {
  try {
    measured.push(await measure());
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    measured.push({ title, prose: [`Ended by ${error.name}: ${error.message}`], goals: [], tables: [], plots: [] });
    process.exitCode = 1;
  }
}
