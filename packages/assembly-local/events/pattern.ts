import { UnsupportedTemplateError } from '../assembly/errors.ts';

/** Whether an EventBridge event matches. */
export type EventMatcher = (event: unknown) => boolean;

/**
 * Compiles an event pattern: exact values, `prefix`, `exists` and `anything-but`.
 * @throws UnsupportedTemplateError naming any other operator
 */
export function compilePattern(pattern: unknown, path = ''): EventMatcher {
  if (typeof pattern !== 'object' || pattern === null || Array.isArray(pattern)) {
    throw new UnsupportedTemplateError(`event pattern: ${path || 'the pattern'} must be an object or a list of values`);
  }
  const members = Object.entries(pattern).map(([key, expected]) => {
    const memberPath = path === '' ? key : `${path}.${key}`;
    if (key.startsWith('$')) throw new UnsupportedTemplateError(`event pattern: the operator ${key} is not supported`);
    return [key, Array.isArray(expected) ? anyOf(expected, memberPath) : compilePattern(expected, memberPath)] as const;
  });
  return (event) => {
    const object = (typeof event === 'object' && event !== null ? event : {}) as Record<string, unknown>;
    return members.every(([key, matches]) => matches(object[key]));
  };
}

function anyOf(alternatives: readonly unknown[], path: string): EventMatcher {
  const matchers = alternatives.map((alternative) => compileValue(alternative, path));
  return (value) => matchers.some((matches) => matches(value));
}

function compileValue(expected: unknown, path: string): EventMatcher {
  if (typeof expected !== 'object' || expected === null) return anyElement((value) => value === expected);
  const [[operator, operand] = ['', undefined], ...others] = Object.entries(expected);
  if (others.length > 0) throw new UnsupportedTemplateError(`event pattern: ${path} has more than one operator in one object`);
  if (operator === 'prefix' && typeof operand === 'string') {
    return anyElement((value) => typeof value === 'string' && value.startsWith(operand));
  }
  if (operator === 'exists' && typeof operand === 'boolean') return (value) => (value !== undefined) === operand;
  if (operator === 'anything-but' && (typeof operand !== 'object' || Array.isArray(operand))) {
    const excluded: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
    return anyElement((value) => value !== undefined && !excluded.includes(value));
  }
  throw new UnsupportedTemplateError(`event pattern: the operator ${operator} at ${path} is not supported`);
}

/** A list in the event matches if one of its elements does. */
function anyElement(matches: EventMatcher): EventMatcher {
  return (value) => (Array.isArray(value) ? value.some(matches) : matches(value));
}
