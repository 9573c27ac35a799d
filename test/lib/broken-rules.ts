import { expect, test } from '@jest/globals';
import { explain, holds, type TimeoutRule } from '../../lib/timeout-rule.ts';

/** What breaks a rule, the rules with its numbers in them, and what the message says of it. */
export type BrokenRule = readonly [what: string, rules: readonly TimeoutRule[], message: RegExp];

/**
 * Each of these breaks a rule, and each rule is broken by one of them.
 * @param kept the same rules with the numbers of a stage that keeps them
 */
export function testBrokenRules(broken: readonly BrokenRule[], kept: readonly TimeoutRule[]): void {
  const brokenOf = (rules: readonly TimeoutRule[]) => rules.filter((rule) => !holds(rule));

  test.each(broken.map(([what, rules, message]) => ({ what, rules, message })))('reject $what, with both numbers', ({ rules, message }) => {
    expect(brokenOf(rules).map(explain).join('\n')).toMatch(message);
  });

  test('are kept by a shipped stage, and each is broken by one of these', () => {
    expect(brokenOf(kept)).toEqual([]);
    const reasons = (rules: readonly TimeoutRule[]) => new Set(rules.map(({ reason }) => reason));
    expect(reasons(broken.flatMap(([, rules]) => brokenOf(rules)))).toEqual(reasons(kept));
  });
}
