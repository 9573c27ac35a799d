/** `npm run compare`: see `npm run compare -- --help`, and README.md beside this file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '../../../command-line/command.ts';
import { describeMachine, machineText } from '../../shared/machine.ts';
import { createProgress, type Progress } from '../../shared/progress.ts';
import { withAssembly } from '../../sse/task/assembly.ts';
import { type Measurement, problemsOf } from './figures.ts';
import { startLocalRun } from './local-run.ts';
import { type CompareOptions, parseCompareOptions } from './options.ts';
import { formatMeasurements, toMeasured } from './report.ts';
import { measureUseCase, type Times, warmUp } from './use-case-run.ts';

const TIMES: Readonly<Record<'quick' | 'full', Times>> = {
  quick: { steadySeconds: 2, afterCutSeconds: 0.5, aftermathMs: 300 },
  full: { steadySeconds: 20, afterCutSeconds: 2, aftermathMs: 2_000 },
};

const DATA_FILE = join(import.meta.dirname, '../../../packages/planner/src/data/measured.json');

async function main(options: CompareOptions, signal: AbortSignal): Promise<number | undefined> {
  const machine = describeMachine();
  const times = options.quick ? TIMES.quick : TIMES.full;
  const progress = createProgress();
  progress.show('synthesizing');
  const outcomes = await withAssembly(options, signal, (assemblyDir) => measure(options, times, assemblyDir, progress, signal));
  progress.end();
  const measurements = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));

  const json = `${JSON.stringify(toMeasured(options, times, machine, measurements), undefined, 2)}\n`;
  process.stdout.write(options.json ? json : `${machineText(machine)}\n\n${formatMeasurements(options.useCases, measurements)}\n`);
  if (signal.aborted) {
    process.stderr.write('interrupted: these are the rows that were measured\n');
    return undefined;
  }

  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as Error).message] : []));
  const problems = [...failures, ...measurements.flatMap(problemsOf)];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) return 1;
  if (options.write) {
    mkdirSync(dirname(DATA_FILE), { recursive: true });
    writeFileSync(DATA_FILE, json);
  }
  return undefined;
}

/** Measures until the signal aborts. A row that fails does not take the others with it. */
async function measure(
  { quick, useCases, transports, seed }: CompareOptions,
  times: Times,
  assemblyDir: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly PromiseSettledResult<Measurement>[]> {
  const pairs = useCases.flatMap((useCase) => transports.map((transport) => ({ useCase, transport })));
  const measurements: Promise<Measurement>[] = [];
  const run = await startLocalRun(assemblyDir);
  try {
    progress.show('warming up');
    // One whose clients send uses the most.
    const useCase = useCases.find(({ sender }) => sender === 'clients') ?? useCases[0];
    if (useCase !== undefined) {
      await Promise.all(transports.map((transport) => warmUp({ run, useCase, transport, seed, times, signal })));
    }

    for (const [index, { useCase, transport }] of pairs.entries()) {
      if (signal.aborted) break;
      progress.show(`${index + 1} of ${pairs.length}: ${useCase.id} over ${transport}`);
      const measuring = measureUseCase({ run, useCase, transport, seed, times, signal });
      const measured = measuring.then(({ caughtUp }) => caughtUp);
      measurements.push(measured);
      // Clients of SSE come back within 15 s, as the service asks them to. A quick run does not wait for them.
      await Promise.allSettled([quick ? measuring : measured]);
    }
    progress.show('waiting until all have caught up');
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await Promise.allSettled(measurements);
    await run.stop();
  }
  return Promise.allSettled(measurements);
}

await runCommand(parseCompareOptions, main);
