import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Context } from './permission.ts';
import { arnMatcher, type Matcher, textMatcher } from './wildcard.ts';

/** Whether a call meets a condition. */
export type Condition = (context: Context) => boolean;

/** A policy refers to something that the local run does not know about a call. */
export class UnknownConditionKeyError extends Error {
  override readonly name = 'UnknownConditionKeyError';
}

/** The operators that the policies of this app use, and closely related ones. */
const OPERATORS: Readonly<Record<string, (expected: string) => Matcher>> = {
  ArnEquals: arnMatcher,
  ArnLike: arnMatcher,
  Bool: (expected) => (text) => text.toLowerCase() === expected.toLowerCase(),
  StringEquals: (expected) => (text) => text === expected,
  StringLike: textMatcher,
};

/**
 * Compiles the `Condition` of a statement: all of its lines must be true.
 * @throws UnsupportedTemplateError naming an operator that is not emulated
 */
export function compileCondition(condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>): Condition {
  const lines = Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, expected]) => compileLine(operator, key, expected)),
  );
  return (context) => lines.every((holds) => holds(context));
}

function compileLine(operator: string, key: string, expected: readonly string[]): Condition {
  const [, quantifier, base = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const toMatcher = Object.hasOwn(OPERATORS, base) ? OPERATORS[base] : undefined;
  if (toMatcher === undefined) throw new UnsupportedTemplateError(`policies: the condition operator ${operator} is not supported locally`);
  if (expected.some((text) => text.includes('${'))) {
    throw new UnsupportedTemplateError(`policies: variables are not supported locally: ${key} ${expected.join(', ')}`);
  }
  const matchers = expected.map(toMatcher);
  const meets = (text: string) => matchers.some((matches) => matches(text));
  return (context) => {
    const values = valuesOf(context, key);
    if (values === undefined) return ifExists !== undefined || quantifier === 'ForAllValues';
    return quantifier === 'ForAllValues' ? values.every(meets) : values.some(meets);
  };
}

/** Condition keys are not case-sensitive: the CDK writes `aws:SourceArn`, Lambda `AWS:SourceArn`. */
function valuesOf(context: Context, key: string): readonly string[] | undefined {
  const entry = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase());
  if (entry === undefined)
    throw new UnknownConditionKeyError(`a policy has a condition on ${key}, which the local run does not know for this call`);
  return entry[1];
}
