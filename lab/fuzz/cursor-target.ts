import * as fc from 'fast-check';
import { formatCursor, parseCursor } from '../../packages/protocol/cursor.ts';
import { InvalidInputError } from '../../packages/protocol/invalid-input.ts';
import { channelName, position } from '../../test/support/arbitraries.ts';
import { hostileText, mangled } from './hostile.ts';
import { Breach, type OpenTarget, type Target } from './target.ts';

interface Input {
  readonly text: string;
  readonly channels: readonly string[];
}

/** Ids that clients send to resume: whatever is accepted says the same when it is written again. */
export const target: Target = {
  name: 'cursors',
  async open(): Promise<OpenTarget<Input>> {
    const channels = fc.uniqueArray(channelName, { minLength: 1, maxLength: 4 });
    const valid = fc.tuple(channels, fc.array(position, { minLength: 4, maxLength: 4 })).map(([names, positions]) => ({
      channels: names,
      text: formatCursor(names, new Map(names.map((name, index) => [name, positions[index] ?? { epoch: 'x', seq: 0 }]))),
    }));
    const bent = valid.chain(({ channels: names, text }) =>
      mangled(fc.constant(Buffer.from(text))).map((bytes) => ({ channels: names, text: bytes.toString() })),
    );
    return {
      inputs: fc.oneof(valid, bent, fc.record({ text: hostileText, channels })),
      async try({ text, channels: names }) {
        try {
          const cursor = parseCursor(text, names);
          // A client may come with fewer channels than before, or with others: those without a position begin with what comes next.
          const held = names.filter((name) => cursor.has(name));
          if (held.length === 0) return;
          const written = formatCursor(held, cursor);
          if (formatCursor(held, parseCursor(written, held)) !== written) throw new Breach(`${JSON.stringify(text)} is read in two ways`);
          if (/[\r\n\0]/.test(written)) throw new Breach(`${JSON.stringify(text)} ends a line of a stream`);
        } catch (error) {
          if (!(error instanceof InvalidInputError)) throw error;
        }
      },
      check: async () => {},
      close: async () => {},
    };
  },
};
