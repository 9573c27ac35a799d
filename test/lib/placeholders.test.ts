import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { placeholdersOf, warnOfPlaceholders } from '../../lib/placeholders.ts';
import { dev, preview } from './fixed-stages.ts';
import { testStack } from './harness.ts';

describe('a placeholder', () => {
  test.each([
    'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000',
    'arn:aws:acm:eu-west-1:123456789012:certificate/1',
    'pl-00000000',
    'pl-00000000000000000',
    'example.com',
    'lanes-dev.example.com',
    'https://issuer.example.org',
    'https://issuer.example.net:8443/keys',
    'lanes.example',
    'https://keys.invalid/jwks.json',
  ])('is %s', (value) => {
    expect(placeholdersOf({ setting: value })).toEqual([{ setting: 'setting', value }]);
  });

  test.each([
    'arn:aws:acm:us-east-1:210987654321:certificate/6b5a3c1e-0000-0000-0000-000000000000',
    'pl-3b927c52',
    'lanes.acme.com',
    'myexample.com',
    'https://example.com.acme.io',
    'http://localhost:5173',
    'example',
    'dev',
  ])('is not %s', (value) => {
    expect(placeholdersOf({ setting: value })).toEqual([]);
  });

  test('is found wherever it is', () => {
    const stage = {
      id: 'dev',
      retentionHours: 24,
      auth: { origins: ['https://app.acme.com', 'https://app.example.com'] },
      edge: { host: undefined },
    };
    expect(placeholdersOf(stage)).toEqual([{ setting: 'auth.origins.1', value: 'https://app.example.com' }]);
  });
});

describe('the synth of a stage', () => {
  // It prints what it warns of.
  beforeEach(() => {
    jest.spyOn(console, 'error').mockReturnValue();
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  function warnings(stage: { readonly id: string }): readonly unknown[] {
    const stack = testStack();
    warnOfPlaceholders(stack, stage);
    return Annotations.fromStack(stack)
      .findWarning('*', Match.anyValue())
      .map(({ entry }) => entry.data);
  }

  test('with placeholders says so in one warning, which names them and their file', () => {
    const edge = { ...preview.edge, originPrefixListId: 'pl-00000000', host: 'lanes.example.com' };
    expect(warnings({ ...preview, id: 'staging', edge } as { readonly id: string })).toEqual([
      expect.stringContaining(
        'Stage staging has placeholders: edge.originPrefixListId (pl-00000000), edge.host (lanes.example.com). ' +
          'Set them in lib/stages/staging.ts before the first deploy.',
      ),
    ]);
  });

  test('whose load balancer has an example of a certificate says so too', () => {
    expect(warnings(dev)).toEqual([expect.stringMatching(/edge\.domainName \(lanes-dev\.example\.com\), edge\.certificateArn \(arn:/)]);
  });

  test('without any says nothing', () => {
    expect(warnings({ id: 'prod', region: 'eu-west-1' } as { readonly id: string })).toEqual([]);
  });
});
