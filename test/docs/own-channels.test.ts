import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { segmentOf } from '../../backbone/domain/own-channels.ts';
import { ROOT } from './commands/extract.ts';

test('the documented lines make the channel that the token allows', () => {
  const page = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');
  const examples = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  const lines = examples.find((code) => code.includes('const segment = '));
  const channelOf = new Function('subject', `${lines}return channel;`) as (subject: string) => string;
  fc.assert(
    fc.property(
      fc.string({ unit: fc.oneof(fc.constantFrom(...".!~*'()%:|@ -_"), fc.string({ unit: 'binary', minLength: 1 })) }),
      (subject) => {
        expect(channelOf(subject)).toBe(`user.${segmentOf(subject)}.inbox`);
      },
    ),
  );
});
