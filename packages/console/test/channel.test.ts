import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseChannel } from '../../protocol/channel.ts';
import { channelProblem } from '../channel.ts';

function serverAccepts(name: string): boolean {
  try {
    parseChannel(name);
    return true;
  } catch {
    return false;
  }
}

test('the page accepts exactly the channel names that the server accepts', () => {
  const nearlyChannels = fc.string({ unit: fc.constantFrom('a', 'Z', '9', '_', '.', ':', '-', ' ', '/', '*', 'ä', '\n'), maxLength: 140 });
  fc.assert(
    fc.property(fc.oneof(nearlyChannels, fc.string()), (name) => {
      expect(channelProblem(name) === undefined).toBe(serverAccepts(name));
    }),
  );
});

test.each([
  ['', 'needs a name'],
  ['a'.repeat(129), 'at most 128 characters, this one has 129'],
  ['..', 'no URL can carry'],
  ['a b', 'letters, digits and _ . : -'],
])('%j is refused with a reason', (name, reason) => {
  expect(channelProblem(name)).toContain(reason);
});
