import { Option } from 'commander';
import { createCommand, UsageError } from '../../../command-line/command.ts';
import { wholeNumber } from '../../../command-line/values.ts';
import type { Transport } from '../../../packages/planner/src/thresholds.ts';
import { type AssemblyOptions, addAssemblyOptions } from '../../sse/task/assembly.ts';
import { TRANSPORTS } from './client.ts';
import { USE_CASES, type UseCase } from './use-cases.ts';

export interface CompareOptions extends AssemblyOptions {
  readonly quick: boolean;
  readonly useCases: readonly UseCase[];
  readonly transports: readonly Transport[];
  readonly seed: number;
  readonly json: boolean;
  readonly write: boolean;
}

const DESCRIPTION = [
  'Measures each use case over each transport, through links with delay and stalls, against a local run. Fails where an event is',
  'lost, comes twice or out of order, or where a figure is missing; never because of a time.',
].join(' ');

/** Reads the command line. @throws UsageError */
export function parseCompareOptions(argv: readonly string[]): CompareOptions {
  const ids = USE_CASES.map(({ id }) => id);
  const { only, transport, ...rest } = addAssemblyOptions(createCommand('compare', DESCRIPTION))
    .addOption(new Option('--quick', 'two seconds of publishing for each row instead of twenty').default(false))
    .addOption(new Option('--only <useCase...>', 'use cases (default: all)').choices(ids))
    .addOption(new Option('--transport <name...>', 'transports (default: all)').choices(TRANSPORTS))
    .addOption(new Option('--seed <n>', 'the same seed makes the same links').argParser(wholeNumber(0, 2 ** 32 - 1)).default(1))
    .addOption(new Option('--json', 'print the result as JSON').default(false))
    .addOption(new Option('--write', 'write it to packages/planner/src/data/measured.json as well').default(false))
    .parse(argv)
    .opts<
      Omit<CompareOptions, 'useCases' | 'transports'> & { readonly only?: readonly string[]; readonly transport?: readonly Transport[] }
    >();
  if (rest.write && (only !== undefined || transport !== undefined)) {
    throw new UsageError(`--write with ${only === undefined ? '--transport' : '--only'} would drop the other rows: leave one of them out`);
  }
  return {
    ...rest,
    useCases: USE_CASES.filter(({ id }) => only?.includes(id) ?? true),
    transports: TRANSPORTS.filter((name) => transport?.includes(name) ?? true),
  };
}
