/**
 * `npm run plan`: what options cost for a workload, which limit is met first, and which one to take.
 */
import { Option as CliOption, InvalidArgumentError } from 'commander';
import { createCommand, runCommand, UsageError } from '../../command-line/command.ts';
import { numberBetween, wholeNumber } from '../../command-line/values.ts';
import { breakEven, costsAlong, logSteps } from './src/break-even.ts';
import { REGIONS } from './src/data/prices.ts';
import { DEPLOYED_STAGES } from './src/deployed.ts';
import { factsOf } from './src/facts.ts';
import type { Option, OptionId } from './src/option.ts';
import { OPTIONS, optionOf } from './src/options.ts';
import { ageOf, answerOf, firstNamed, plan } from './src/plan.ts';
import { PRESETS, roundInput, workloadOf } from './src/presets.ts';
import { sensitivity } from './src/sensitivity.ts';
import { billText, dataText, planText } from './src/text.ts';
import { type AlongInput, presetsText, variedText } from './src/text-varied.ts';
import {
  InvalidWorkloadError,
  NEEDS,
  NUMBERS,
  type NumberId,
  type NumberInput,
  PRESET_IDS,
  type PresetId,
  type Workload,
} from './src/workload.ts';

interface Varied {
  readonly input: NumberId;
  readonly range: readonly [low: number, high: number];
}

interface Options {
  /** Undefined asks for the list of presets. */
  readonly workload: Workload | undefined;
  readonly compare: readonly Option[] | undefined;
  readonly vary: Varied | undefined;
  readonly json: boolean;
}

/** Rows of `--vary`. */
const VALUES = 9;

const NUMBER_IDS = Object.keys(NUMBERS) as readonly NumberId[];

/** `eventsPerSecond` is typed `--events-per-second`. */
const kebab = (id: string): string => id.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function parse(argv: readonly string[]): Options {
  const command = createCommand(
    'plan',
    'What delivering events costs, which limit is met first, and which option to take. Without a preset: the list of presets.',
  )
    .addOption(new CliOption('--preset <id>', 'the use case to start from').choices([...PRESET_IDS]))
    .addOption(new CliOption('--stage <id>', 'whose tasks, gateways and alarms are billed').choices([...DEPLOYED_STAGES]))
    .addOption(new CliOption('--region <id>', 'a Region with prices').choices([...REGIONS]));
  for (const [id, { label, unit, min, max, help, whole }] of Object.entries<NumberInput>(NUMBERS)) {
    command.option(`--${kebab(id)} <number>`, `${label}: ${help} (${unit})`, whole ? wholeNumber(min, max) : numberBetween(min, max));
  }
  for (const [id, help] of Object.entries(NEEDS)) {
    command.option(`--${kebab(id)}`, help).option(`--no-${kebab(id)}`);
  }
  command
    .option('--compare [options...]', `bills side by side: ${OPTIONS.map(({ id }) => id).join(', ')}; all of them without a name`)
    .option('--vary <input=low..high>', 'costs along an input, and where options change places', varied)
    .option('--json', 'the same as JSON')
    .parse(argv);

  const {
    preset,
    compare,
    vary,
    json = false,
    ...given
  } = command.opts<{
    preset?: PresetId;
    compare?: true | readonly OptionId[];
    vary?: Varied;
    json?: boolean;
  }>();
  const workload = preset === undefined ? undefined : toWorkload(preset, given);
  if (workload === undefined && (compare || vary || Object.keys(given).length > 0)) {
    throw new UsageError(`name a preset to start from, by --preset: ${PRESET_IDS.join(', ')}`);
  }
  return { workload, compare: compare && toOptions(compare), vary, json };
}

function toWorkload(preset: PresetId, given: Partial<Workload>): Workload {
  try {
    return workloadOf(preset, given);
  } catch (error) {
    if (!(error instanceof InvalidWorkloadError)) throw error;
    throw new UsageError(
      error.problems.map(({ input, value, allowed }) => `--${kebab(input)} ${value} is not valid: ${allowed}`).join('; '),
    );
  }
}

function toOptions(ids: true | readonly OptionId[]): readonly Option[] {
  if (ids === true) return OPTIONS;
  try {
    return ids.map(optionOf);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--compare: ${error.message}`);
    throw error;
  }
}

function varied(text: string): Varied {
  const [, name = '', low = '', high = ''] = /^([\w-]+)=([\d.]+?)\.\.([\d.]+)$/.exec(text) ?? [];
  const input = NUMBER_IDS.find((id) => kebab(id) === name || id === name);
  if (input === undefined) {
    throw new InvalidArgumentError(
      `Give <input>=<low>..<high>, in digits only, such as connections=100..10000000. Inputs: ${NUMBER_IDS.map(kebab).join(', ')}.`,
    );
  }
  const { min, max } = NUMBERS[input];
  const range = [Number(low), Number(high)] as const;
  if (range[0] > 0 && range[0] >= min && range[0] < range[1] && range[1] <= max) return { input, range };
  throw new InvalidArgumentError(`Give a range within ${min} and ${max} for ${name}, from above 0, the lower end first.`);
}

function main({ workload, compare, vary, json }: Options): undefined {
  if (workload === undefined) {
    console.log(json ? JSON.stringify(PRESETS, undefined, 2) : presetsText());
    return;
  }

  const today = new Date().toISOString().slice(0, 10);
  const print = (result: object, text: () => string) => console.log(json ? JSON.stringify(result, undefined, 2) : text());
  if (vary || compare) {
    const facts = factsOf(workload.region);
    const options = compare ?? OPTIONS;
    const answers = options.map((option) => answerOf(option, workload, facts));
    const data = ageOf(answers, today);
    const along = vary && alongInput(workload, vary, options);
    if (along) print({ ...along, data }, () => `${variedText(along)}\n\n${dataText(data)}`);
    else print({ answers, data }, () => [...answers.map(billText), dataText(data)].join('\n\n'));
    return;
  }

  const result = plan(workload, today);
  const named = firstNamed(result.recommendation);
  const effects = named ? sensitivity(workload, optionOf(named)) : [];
  print({ ...result, sensitivity: effects }, () => planText(result, effects));
}

function alongInput(workload: Workload, { input, range }: Varied, options: readonly Option[]): AlongInput {
  const values = [...new Set(logSteps(...range, VALUES).map((value) => roundInput(input, value)))];
  const points = costsAlong(workload, input, values, options);
  const leftOut = values.filter((value) => !points.some((point) => point.value === value));
  const pairs = options.flatMap((a, index) => options.slice(index + 1).map((b) => [a, b] as const));
  // Of the whole set, every pair would be a page of its own.
  const shown = options.length > 3 ? [] : pairs;
  const crossings = shown.map((pair) => ({ between: pair.map(({ id }) => id), at: breakEven(pair, workload, input, range) }));
  return { input, points, leftOut, crossings };
}

await runCommand(parse, main);
