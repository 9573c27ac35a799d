/** `npm run explore`: see `npm run explore -- --help`. */
import { runCommand, UsageError } from '../../../../command-line/command.ts';
import { createProgress } from '../../../shared/progress.ts';
import type { Explorable } from './explorable.ts';
import { type CommandLine, parseCommandLine } from './options.ts';

await runCommand(parseCommandLine, async (options, signal) => {
  const { only, mutation, replay: schedule, preemptions: maxPreemptions, interleavings: maxRuns } = options;
  // Not at the top: the whole model would be loaded before `--help` is shown.
  const { EXPLORABLE_MUTATIONS, PROMISED } = await import('./explorable.ts');
  const { MUTATION_RUNS, search, searchMutation } = await import('./search.ts');
  const { describeBroken, describeMutation, describeSearched } = await import('./report.ts');
  const mutations = EXPLORABLE_MUTATIONS.filter(({ name }) => (mutation === undefined ? only === undefined : name === mutation));
  if (mutation !== undefined && mutations.length === 0) {
    throw new UsageError(`there is no mutation ${mutation}: ${EXPLORABLE_MUTATIONS.map(({ name }) => name).join(', ')}`);
  }
  if (schedule !== undefined) return replayOne(options, mutations[0] ?? { configurations: PROMISED });

  const progress = createProgress();
  const configurations = mutation === undefined ? PROMISED.filter(({ name }) => name.includes(only ?? '')) : [];
  if (configurations.length + mutations.length === 0) throw new UsageError(`no configuration has ${only} in its name`);
  let failed = false;
  let interleavings = 0;
  let explored = 0;
  const print = (text: string) => process.stdout.write(`${text}\n`);
  for (const configuration of configurations) {
    if (signal.aborted) break;
    const onRun = (played: number) => progress.show(`${configuration.name}: ${played}`);
    const searched = await search(configuration, { maxPreemptions, maxRuns, signal, onRun });
    progress.show('');
    if (signal.aborted) break;
    interleavings += searched.interleavings;
    explored++;
    print(describeSearched(configuration.name, searched));
    if (searched.broken === undefined) continue;
    failed = true;
    print(describeBroken(searched.broken));
  }
  if (configurations.length > 0) print(`${interleavings} interleavings of ${explored} configurations`);
  for (const one of mutations) {
    if (signal.aborted) break;
    const onRun = (played: number) => progress.show(`${one.name}: ${played}`);
    const searched = await searchMutation(one, { maxPreemptions, maxRuns: Math.max(maxRuns, MUTATION_RUNS), signal, onRun });
    progress.show('');
    if (signal.aborted && searched.broken === undefined) break;
    if (searched.broken === undefined) failed = true;
    print(describeMutation(one.name, searched));
  }
  progress.end();
  return failed ? 1 : undefined;
});

/** Shows everything that happens in one interleaving. */
async function replayOne(
  { only, replay: schedule }: CommandLine,
  { configurations, install }: { readonly configurations: readonly Explorable[]; readonly install?: () => () => void },
): Promise<number | undefined> {
  const { replay } = await import('./explore.ts');
  const configuration = configurations.find(({ name }) => name === only);
  if (configuration === undefined || schedule === undefined) {
    throw new UsageError(`there is no configuration ${only}: ${configurations.map(({ name }) => `"${name}"`).join(', ')}`);
  }
  install?.();
  const steps = replay(schedule);
  try {
    await configuration.play(steps);
    process.stdout.write(`${steps.taken.map(({ label }, at) => `${at} ${label}`).join('\n')}\nkept\n`);
    return undefined;
  } catch (error) {
    process.stdout.write(`${(error as Error).message}\n`);
    return 1;
  }
}
