import { describe, expect, test } from '@jest/globals';
import { CLIENT_TIMES } from '../../backbone/contract.ts';
import { backboneRules } from '../../lib/backbone/backbone-rules.ts';
import type { BackboneSettings } from '../../lib/stage-base.ts';
import { checkTimeouts, TimeoutConflictError } from '../../lib/timeouts.ts';
import { DEFAULTS } from '../../packages/client/src/options.ts';
import { testBrokenRules } from './broken-rules.ts';
import { dev } from './fixed-stages.ts';

const withBackbone = (change: Partial<BackboneSettings>) => backboneRules({ backbone: { ...dev.backbone, ...change } });

describe('the timeouts of the backbone', () => {
  testBrokenRules(
    [
      [
        'a publisher that gives up no earlier than consumers',
        withBackbone({ publishTimeoutMs: 5_000, gapGraceMs: 5_000 }),
        /publishTimeoutMs \+ 2000 \(7000 ms\) must be < backbone\.gapGraceMs \(5000 ms\)/,
      ],
      [
        'a publish function that is stopped before the publisher gives up',
        withBackbone({ publishTimeoutMs: 2_000, publishFunctionTimeoutSeconds: 2 }),
        /publishTimeoutMs \(2000 ms\) must be < backbone\.publishFunctionTimeoutSeconds \(2000 ms\)/,
      ],
      [
        'a gap that outlives its neighbours',
        withBackbone({ gapGraceMs: 3_600_000, retentionHours: 1 }),
        /gapGraceMs \(3600000 ms\) must be < backbone\.retentionHours \(3600000 ms\)/,
      ],
    ],
    backboneRules(dev),
  );
});

test('an error reports every contradiction at once, and why it matters', () => {
  const stage = { ...dev, backbone: { ...dev.backbone, publishTimeoutMs: 20_000 } };
  expect(() => checkTimeouts(stage)).toThrow(TimeoutConflictError);
  expect(() => checkTimeouts(stage)).toThrow(/stage dev.*gapGraceMs.*relies on.*publishFunctionTimeoutSeconds.*leaves a gap/s);
});

test('the client’s times in the rules are those of the client', () => {
  expect(DEFAULTS).toMatchObject(CLIENT_TIMES);
});
