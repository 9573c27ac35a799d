import type { OptionId } from '../../planner/src/option.ts';
import { OPTIONS } from '../../planner/src/options.ts';
import { workloadOf } from '../../planner/src/presets.ts';
import {
  InvalidWorkloadError,
  NEEDS,
  NUMBERS,
  type NumberId,
  PRESET_IDS,
  type PresetId,
  type Workload,
} from '../../planner/src/workload.ts';

/** Everything that a user has chosen. A link carries all of it, so that it says the same when presets have changed. */
export interface PlanState {
  readonly workload: Workload;
  /** The input along which the plot runs. */
  readonly along: NumberId;
  /** Options in the plot; undefined follows the recommendation. */
  readonly compared: readonly OptionId[] | undefined;
}

export interface OpenedLink {
  readonly state: PlanState;
  /** What of the link could not be used, each with what is allowed and what was taken instead. */
  readonly problems: readonly string[];
}

const DEFAULT_PRESET: PresetId = 'live-feed';
const DEFAULT_ALONG: NumberId = 'connections';

const NUMBER_IDS = Object.keys(NUMBERS) as readonly NumberId[];
const OPTION_IDS: readonly string[] = OPTIONS.map(({ id }) => id);
const COMPARED = 'compare';

/** The part of a URL behind `#`: a page opened from disk can change it as well, and no server logs it. */
export function toFragment({ workload, along, compared }: PlanState): string {
  const values = Object.entries(workload).map(([key, value]) => [key, String(value)]);
  return new URLSearchParams([...values, ['along', along], ...(compared ? [[COMPARED, compared.join(',')]] : [])]).toString();
}

/** What a link asks for. A value that is not valid is the preset's; a link without values is the first preset. */
export function fromFragment(fragment: string): OpenedLink {
  const { preset = DEFAULT_PRESET, along = DEFAULT_ALONG, [COMPARED]: listed, ...rest } = Object.fromEntries(new URLSearchParams(fragment));
  const known = PRESET_IDS.find((id) => id === preset);
  const alongKnown = NUMBER_IDS.find((id) => id === along);
  const compared = listed?.split(',').filter((id) => id !== '');
  const strangers = (compared ?? []).filter((id) => !OPTION_IDS.includes(id));
  const unknown = Object.keys(rest).filter((key) => !Object.hasOwn(workloadOf(DEFAULT_PRESET), key));
  const given = Object.fromEntries(
    Object.entries(rest)
      .filter(([key]) => !unknown.includes(key))
      .map(([key, text]) => [key, parseValue(key, text)]),
  );

  const { workload, problems } = workloadFrom(known ?? DEFAULT_PRESET, given);
  return {
    state: {
      workload,
      along: alongKnown ?? DEFAULT_ALONG,
      compared: strangers.length === 0 ? (compared as OptionId[] | undefined) : undefined,
    },
    problems: [
      ...(known ? [] : [invalid('preset', preset, `choose one of ${PRESET_IDS.join(', ')}`)]),
      ...(alongKnown ? [] : [invalid('along', along, `choose one of ${NUMBER_IDS.join(', ')}`)]),
      ...strangers.map((id) => invalid(COMPARED, id, `choose of ${OPTION_IDS.join(', ')}`)),
      ...unknown.map((key) => `${JSON.stringify(key)} is not an input of the planner: leave it out`),
      ...problems.map(({ input, allowed }) => invalid(input, rest[input] ?? '', allowed)),
    ],
  };
}

const invalid = (key: string, text: string, allowed: string): string => `${key} ${JSON.stringify(text)} is not valid: ${allowed}`;

function parseValue(key: string, text: string): unknown {
  if (Object.hasOwn(NUMBERS, key)) return text.trim() === '' ? Number.NaN : Number(text);
  if (Object.hasOwn(NEEDS, key) && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

type Problem = InvalidWorkloadError['problems'][number];

/** The preset with what is valid of the given values. */
function workloadFrom(
  preset: PresetId,
  given: Readonly<Record<string, unknown>>,
): { readonly workload: Workload; readonly problems: readonly Problem[] } {
  try {
    return { workload: workloadOf(preset, given), problems: [] };
  } catch (error) {
    if (!(error instanceof InvalidWorkloadError)) throw error;
    const wrong = error.problems.filter(({ input }) => Object.hasOwn(given, input));
    // What only follows from a value says nothing about which value to drop: then all go.
    const kept = Object.fromEntries(Object.entries(given).filter(([key]) => wrong.length > 0 && !wrong.some(({ input }) => input === key)));
    const { workload, problems } = workloadFrom(preset, kept);
    return { workload, problems: [...(wrong.length > 0 ? wrong : error.problems), ...problems] };
  }
}
