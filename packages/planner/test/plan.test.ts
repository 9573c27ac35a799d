import { describe, expect, test } from '@jest/globals';
import { factsOf } from '../src/facts.ts';
import { timesLoad } from '../src/first-limit.ts';
import { OPTIONS, optionOf } from '../src/options.ts';
import { answersTo, assumedEnds, bestFor, figuresIn, plan } from '../src/plan.ts';
import { roundInput, withNumber, workloadOf } from '../src/presets.ts';
import { sensitivity, swingOf } from '../src/sensitivity.ts';
import { planText } from '../src/text.ts';
import { NUMBERS, type NumberId, PRESET_IDS } from '../src/workload.ts';

const TODAY = '2026-12-25';
const FACTS = factsOf('us-east-1');

describe.each(PRESET_IDS)('%s', (id) => {
  const workload = workloadOf(id);
  const result = plan(workload, TODAY);
  const { recommendation, answers } = result;

  test('every option is answered, those that fit first', () => {
    expect(answers.map(({ option }) => option.id).sort()).toEqual(OPTIONS.map((option) => option.id).sort());
    const fit = answers.map(({ fits }) => fits);
    expect(fit).toEqual(fit.toSorted((a, b) => Number(b) - Number(a)));
    for (const { fits, unfitBecause } of answers) expect(unfitBecause.length === 0).toBe(fits);
  });

  test('what is recommended fits, and no assumed figure turns it around; else it is undecided, with the figure', () => {
    const best = bestFor(workload, FACTS);
    const turned = assumedEnds(FACTS).filter(({ facts }) => bestFor(workload, facts) !== best);
    if (recommendation.kind === 'none') {
      expect({ best, turned: turned.length }).toEqual({ best: undefined, turned: 0 });
    } else if (recommendation.kind === 'recommended') {
      expect(recommendation.option).toBe(best);
      expect(turned).toEqual([]);
    } else {
      expect(turned.length).toBeGreaterThan(0);
      const [end] = turned;
      expect(recommendation.because[0]).toContain(`assumed: `);
      expect(recommendation.because[0]).toContain(end && FACTS.capacity[end.figure].unit);
    }
  });

  test('the numbers that would reverse it do: a thousandth, or one connection, before them all is as now', () => {
    for (const { input, from, to, away, towards } of recommendation.flips) {
      const before = input === 'connections' ? to + Math.sign(from - to) : to * (from / to) ** 0.01;
      const bestAt = (value: number) => bestFor(withNumber(workload, input, value) ?? workload, FACTS);
      expect(bestAt(to)).toBe(towards);
      expect(bestAt(before)).toBe(away);
      expect(away).toBe(bestFor(workload, FACTS));
      expect(towards).not.toBe(away);
    }
  });

  test('no number that is nearer would reverse it', () => {
    const [first] = recommendation.flips;
    const nearest = first ? Math.abs(Math.log(first.to / first.from)) : Math.log(1_000);
    for (const input of Object.keys(NUMBERS) as NumberId[]) {
      for (const part of [-0.95, -0.5, 0.5, 0.95]) {
        const changed = withNumber(workload, input, roundInput(input, workload[input] * Math.exp(nearest * part)));
        if (changed) expect([input, part, bestFor(changed, FACTS)]).toEqual([input, part, bestFor(workload, FACTS)]);
      }
    }
  });

  test('the first limit is met at the load that is said, and none before', () => {
    for (const { option, firstLimit } of answers) {
      if (!firstLimit?.growsWithLoad) continue;
      const exceeded = (times: number) =>
        optionOf(option.id)
          .bill(timesLoad(workload, times), FACTS)
          .limits.filter(({ use, allowed }) => use > allowed)
          .map((limit) => limit.id);
      expect(exceeded(firstLimit.reachedAtTimes)).toContain(firstLimit.id);
      expect(exceeded(firstLimit.reachedAtTimes * 0.999)).toEqual([]);
    }
  });

  test('the text ends with the recommendation, and says how old its data is', () => {
    const text = planText(result, []);
    expect(text.lastIndexOf('\n\n')).toBeLessThan(text.search(/\n(Recommendation|Undecided): /));
    expect(text).toContain(`the oldest is ${result.data.days} days old`);
  });
});

test('the age is counted from the oldest figure that an answer used', () => {
  const workload = workloadOf('chat');
  const { data } = plan(workload, TODAY);
  const dates = figuresIn(answersTo(workload, FACTS)).map(({ date }) => date);
  expect(dates.toSorted()[0]).toBe(data.oldest);
  expect(data.days).toBe((Date.parse(TODAY) - Date.parse(data.oldest)) / 86_400_000);
});

test('what is not built is never recommended', () => {
  const never = PRESET_IDS.map((id) => bestFor(workloadOf(id), FACTS));
  expect(never).not.toContain('websocket-fargate');
});

test.each([
  ['subProtocol', 'iot-core'],
  ['resume', 'appsync-events'],
  ['strictProxies', 'appsync-events'],
] as const)('an option that cannot do %s says so', (need, id) => {
  const workload = workloadOf('dashboard', { resume: false, strictProxies: false, subProtocol: false });
  const unfit = (of: typeof workload) => answersTo(of, FACTS).filter(({ fits }) => !fits);
  const fitting = unfit({ ...workload, [need]: true }).length - unfit(workload).length;
  expect(fitting).toBeGreaterThan(0);
  expect(OPTIONS.map((option) => option.id)).toContain(id);
});

test('sensitivity begins with what moves the cost most, and tries both ends of each assumed figure', () => {
  const workload = workloadOf('chat');
  const [option] = OPTIONS;
  if (option === undefined) throw new Error('expected an option');
  const effects = sensitivity(workload, option);
  expect(effects.map(swingOf)).toEqual(effects.map(swingOf).toSorted((a, b) => b - a));
  expect(effects.filter(({ kind }) => kind === 'assumption')).toHaveLength(assumedEnds(FACTS).length / 2);
});
