import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { BusEvent } from './bus-event.ts';

/** What a rule's target gets instead of the whole event. At most one of these is set. */
export const inputProperties = {
  Input: v.optional(v.string()),
  InputPath: v.optional(v.string()),
  InputTransformer: v.optional(
    v.object({ InputPathsMap: v.optional(v.record(v.string(), v.string()), {}), InputTemplate: v.pipe(v.string(), v.nonEmpty()) }),
  ),
};

const input = v.object(inputProperties);
export type InputProperties = v.InferOutput<typeof input>;

/** The rule that has matched. */
export interface MatchedRule {
  readonly arn: string;
  readonly name: string;
}

/**
 * Converts an event to the payload of a target: JSON, or text if an input template is neither an object nor
 * quoted.
 */
export type ToPayload = (event: BusEvent) => string;

/**
 * Compiles the input of a target.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 *
 * @throws UnsupportedTemplateError naming a path or a variable that EventBridge does not support either
 */
export function compileInput({ Input, InputPath, InputTransformer }: InputProperties, rule: MatchedRule): ToPayload {
  if (Input !== undefined) return () => Input;
  if (InputTransformer !== undefined) return compileTransformer(InputTransformer, rule);
  if (InputPath === undefined) return (event) => JSON.stringify(event);
  const select = compilePath(InputPath);
  return (event) => JSON.stringify(select(event) ?? null);
}

type Select = (event: BusEvent) => unknown;

function compileTransformer(
  { InputPathsMap, InputTemplate }: NonNullable<InputProperties['InputTransformer']>,
  rule: MatchedRule,
): ToPayload {
  const variables = new Map<string, Select>(Object.entries(InputPathsMap).map(([name, path]) => [name, compilePath(path)]));
  variables.set('aws.events.rule-arn', () => rule.arn);
  variables.set('aws.events.rule-name', () => rule.name);
  variables.set('aws.events.event.ingestion-time', ({ time }) => time);
  variables.set('aws.events.event', ({ detail: _, ...event }) => event);
  variables.set('aws.events.event.json', (event) => event);

  const parts = partsOf(InputTemplate).map((part) => {
    if (typeof part === 'string') return () => part;
    const select = variables.get(part.variable);
    if (select === undefined) throw new UnsupportedTemplateError(`input template: there is no variable <${part.variable}>`);
    return (event: BusEvent) => fill(select(event), part.place);
  });
  return (event) => parts.map((part) => part(event)).join('');
}

/** Where a variable stands: between quotes, as a JSON value, or in a plain-text template. */
type Place = 'string' | 'value' | 'text';

type TemplatePart = string | { readonly variable: string; readonly place: Place };

/** A template as literal text and variables. A `<` that does not begin a variable name is literal. */
function partsOf(template: string): readonly TemplatePart[] {
  const isJson = /^\s*[{["<]/.test(template) && !/^\s*<[\w.-]+>\s*\S/.test(template);
  const parts: TemplatePart[] = [];
  let quoted = false;
  for (const [token] of template.matchAll(/<[\w.-]+>|\\.|[^<\\]+|[<\\]/gs)) {
    const [, variable] = /^<([\w.-]+)>$/.exec(token) ?? [];
    if (variable !== undefined) {
      parts.push({ variable, place: !isJson ? 'text' : quoted ? 'string' : 'value' });
      continue;
    }
    parts.push(token);
    if (!token.startsWith('\\') && token.split('"').length % 2 === 0) quoted = !quoted;
  }
  return parts;
}

/** A value that the event does not have becomes empty: an empty string where JSON needs a value. */
function fill(value: unknown, place: Place): string {
  if (value === undefined) return place === 'value' ? '""' : '';
  if (place === 'value') return JSON.stringify(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (place === 'text') return text;
  // Quotes inside objects would end the string, so EventBridge removes them; those of strings are escaped.
  return typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : text.replaceAll('"', '');
}

/** `$.detail.items[0].name`; `*` stands for every element or member. */
function compilePath(path: string): Select {
  const [, steps] = /^\$((?:\.[\w/-]+|\.\*|\[\d+\]|\[\*\])*)$/.exec(path) ?? [];
  if (steps === undefined) throw new UnsupportedTemplateError(`input path: ${path} is not a path that EventBridge supports`);
  const keys = (steps.match(/[\w/-]+|\*/g) ?? []).map(String);
  return (event) => select(event, keys);
}

function select(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (key === '*') return Object.values(value).map((member) => select(member, rest));
  return Object.hasOwn(value, key) ? select((value as Record<string, unknown>)[key], rest) : undefined;
}
