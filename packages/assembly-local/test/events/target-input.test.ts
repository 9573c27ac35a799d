import { describe, expect, test } from '@jest/globals';
import type { BusEvent } from '../../events/bus-event.ts';
import { compileInput } from '../../events/target-input.ts';

const RULE = { arn: 'arn:aws:events:us-east-1:000000000000:rule/orders', name: 'orders' };

const EVENT: BusEvent = {
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  account: '000000000000',
  time: '2026-11-29T22:00:00Z',
  region: 'us-east-1',
  resources: ['arn:aws:ec2:us-east-1:000000000000:instance/i-abcd1111'],
  detail: {
    'instance-id': 'i-0123456789',
    state: 'RUNNING',
    said: 'a "quote" and a \\',
    count: 3,
    tags: [{ name: 'a' }, { name: 'b' }],
    nested: { key: 'value' },
  },
};

const PATHS = {
  instance: '$.detail.instance-id',
  state: '$.detail.state',
  said: '$.detail.said',
  count: '$.detail.count',
  nested: '$.detail.nested',
  missing: '$.detail.missing.further',
};

const transform = (InputTemplate: string, InputPathsMap: Record<string, string> = PATHS) =>
  compileInput({ InputTransformer: { InputTemplate, InputPathsMap } }, RULE)(EVENT);

test('without an input the target gets the event', () => {
  expect(JSON.parse(compileInput({}, RULE)(EVENT))).toEqual(EVENT);
});

test('a constant input replaces the event, unchanged', () => {
  expect(compileInput({ Input: '{"fixed": true}' }, RULE)(EVENT)).toBe('{"fixed": true}');
});

describe('an input path', () => {
  test.each<[string, unknown]>([
    ['$', EVENT],
    ['$.detail', EVENT.detail],
    ['$.detail-type', EVENT['detail-type']],
    ['$.resources[0]', EVENT.resources[0]],
    ['$.detail.tags[1].name', 'b'],
    ['$.detail.tags[*].name', ['a', 'b']],
    ['$.detail.nested.*', ['value']],
    ['$.detail.nowhere', null],
    ['$.detail.state.length', null],
    ['$.detail.constructor', null],
  ])('%s selects a part of the event', (InputPath, expected) => {
    expect(JSON.parse(compileInput({ InputPath }, RULE)(EVENT))).toEqual(expected);
  });

  test.each(['detail', '$.', "$['detail']", '$..state', '$.detail.tags[?(@.name)]', '$.detail.tags[-1]'])(
    'that EventBridge does not support is an error that names it: %s',
    (InputPath) => {
      expect(() => compileInput({ InputPath }, RULE)).toThrow(`input path: ${InputPath} is not a path that EventBridge supports`);
    },
  );
});

describe('an input template', () => {
  test.each([
    // The examples of EventBridge's own page.
    ['"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'],
    ['"instance \\"<instance>\\" is in <state>"', '"instance \\"i-0123456789\\" is in RUNNING"'],
    ['{"instance": <instance>, "state": <state>}', '{"instance": "i-0123456789", "state": "RUNNING"}'],
    [
      '{"instance": <instance>, "state": "<state>", "status": "it is \\"<state>\\""}',
      '{"instance": "i-0123456789", "state": "RUNNING", "status": "it is \\"RUNNING\\""}',
    ],
    ['{"instance": <instance>, "state": [9, <state>, true]}', '{"instance": "i-0123456789", "state": [9, "RUNNING", true]}'],
    ['<instance> is in state <state>', 'i-0123456789 is in state RUNNING'],
    ['The <instance> is "<state>"', 'The i-0123456789 is "RUNNING"'],
    ['{"nested": <nested>, "count": <count>}', '{"nested": {"key":"value"}, "count": 3}'],
    ['<nested>', '{"key":"value"}'],
    ['"first <state>"\n"second <count>"', '"first RUNNING"\n"second 3"'],
    ['{"literal": "a < b", "value": <count>}', '{"literal": "a < b", "value": 3}'],
  ])('%s', (template, expected) => {
    expect(transform(template)).toBe(expected);
  });

  test('quotes in strings are escaped, so that the result is JSON', () => {
    expect(JSON.parse(transform('{"bare": <said>, "quoted": "he said <said>"}'))).toEqual({
      bare: 'a "quote" and a \\',
      quoted: 'he said a "quote" and a \\',
    });
  });

  test('objects between quotes lose their own quotes', () => {
    expect(transform('"detail is <nested>"')).toBe('"detail is {key:value}"');
  });

  test('values that the event does not have are left empty', () => {
    expect(transform('{"bare": <missing>, "quoted": "<missing>!"}')).toBe('{"bare": "", "quoted": "!"}');
    expect(transform('none: <missing>')).toBe('none: ');
  });

  test('has the predefined variables', () => {
    const template = `{
      "arn": <aws.events.rule-arn>, "name": "<aws.events.rule-name>", "at": <aws.events.event.ingestion-time>,
      "event": <aws.events.event>, "full": <aws.events.event.json>
    }`;
    const { detail: _, ...withoutDetail } = EVENT;
    expect(JSON.parse(transform(template, {}))).toEqual({
      arn: RULE.arn,
      name: 'orders',
      at: EVENT.time,
      event: withoutDetail,
      full: EVENT,
    });
  });

  test('with a variable that it does not define is an error that names it', () => {
    expect(() => transform('{"a": <nobody>}')).toThrow('input template: there is no variable <nobody>');
  });
});
