import { Option } from 'commander';
import { createCommand } from '../../../command-line/command.ts';
import { wholeNumber } from '../../../command-line/values.ts';
import type { HubSelection } from '../../sse/hub/bench.ts';

export interface BenchOptions {
  readonly quick: boolean;
  readonly rounds: number;
  /** Parts, and scenarios and servers of the hub's part; undefined for all. */
  readonly only: readonly string[] | undefined;
  /** A folder. */
  readonly out: string;
}

const PARTS = { hub: 'hub', fanOut: 'fan-out' } as const;

const DEFAULT_ROUNDS = { quick: 1, full: 3 };

/** Reads the command line. */
export function parseBenchOptions(argv: readonly string[], { scenarioNames, peerIds }: HubSelection): BenchOptions {
  const { quick: quickRounds, full } = DEFAULT_ROUNDS;
  const program = createCommand(
    'bench',
    'Measures the SSE hub and its peers in turn, and the fan-out function, beside the goals, and writes a report.',
  )
    .addOption(new Option('--quick', 'about a minute for each part: fewer streams, so most goals are not measured').default(false))
    .addOption(
      new Option('--rounds <n>', `repetitions; medians are reported (default: ${full}, quick: ${quickRounds})`).argParser(
        wholeNumber(1, 100),
      ),
    )
    .addOption(
      new Option('--only <name...>', 'a part, scenarios or servers; ours runs always beside other servers').choices([
        ...Object.values(PARTS),
        ...scenarioNames,
        ...peerIds,
      ]),
    )
    .addOption(new Option('--out <dir>', 'where the report is written').default('lab/out'));
  program.parse(argv);
  const { rounds, only, ...rest } = program.opts<{ quick: boolean; rounds?: number; only?: readonly string[]; out: string }>();
  return { ...rest, only, rounds: rounds ?? (rest.quick ? quickRounds : full) };
}

/** What `--only` leaves: a scenario or a server means the hub's part. */
export function selectParts(
  only: readonly string[] | undefined,
  all: HubSelection,
): { readonly hub: HubSelection | undefined; readonly fanOut: boolean } {
  if (only === undefined) return { hub: { scenarioNames: [], peerIds: [] }, fanOut: true };
  const hub = {
    scenarioNames: all.scenarioNames.filter((name) => only.includes(name)),
    peerIds: all.peerIds.filter((id) => only.includes(id)),
  };
  const wanted = only.includes(PARTS.hub) || hub.scenarioNames.length > 0 || hub.peerIds.length > 0;
  return { hub: wanted ? hub : undefined, fanOut: only.includes(PARTS.fanOut) };
}
