import * as fc from 'fast-check';

/** What parsers stumble over: each is tried alone and inside other text. */
const NASTY = [
  '',
  '\0',
  '\r',
  '\n',
  '\r\n\r\n',
  '\nid: 1\n\n',
  '\nevent: reset\ndata: x\n\n',
  '\u2028',
  '\u0085',
  '\ufeff',
  '\ud800',
  '\udfff',
  '😀',
  '__proto__',
  'constructor',
  'prototype',
  '%00',
  '%',
  '%c0%af',
  '%ud800',
  '../../etc/passwd',
  '"',
  '\\',
  '\\u0000',
  '{"',
  'null',
  'NaN',
  '1e999',
  '-0',
  '9007199254740993',
  '00000000000000000000000001',
  'ä'.repeat(50),
  'x'.repeat(200_000),
] as const;

/** Any text: short or huge, well-formed or not, and what is known to be nasty. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ maxLength: 50 }),
  fc.tuple(fc.string({ maxLength: 8 }), fc.constantFrom(...NASTY), fc.string({ maxLength: 8 })).map((parts) => parts.join('')),
);

/** JSON text of any shape: valid, deep, with keys that touch prototypes, repeated keys, numbers that no double holds, or cut off. */
export const hostileJson: fc.Arbitrary<string> = fc.oneof(
  fc.json({ maxDepth: 5 }),
  fc
    .dictionary(
      fc.oneof(hostileText, fc.constantFrom('channel', 'type', 'data', 'action', 'after', 'key', 'seq', 'epoch')),
      fc.jsonValue(),
      {
        noNullPrototype: false,
      },
    )
    .map((value) => JSON.stringify(value)),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => '['.repeat(depth)),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc.constant('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  fc.constant('{"action":"publish","action":"subscribe","channel":"a","channel":"b"}'),
  hostileText,
);

/** A value with some of its fields replaced by others of any kind, and some left out. */
export function distorted(valid: Readonly<Record<string, unknown>>): fc.Arbitrary<string> {
  const fields = Object.entries(valid).map(([name, value]) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.constant([name, value]) },
      { weight: 1, arbitrary: fc.constant(undefined) },
      { weight: 2, arbitrary: hostileText.map((text) => [name, text]) },
      { weight: 1, arbitrary: fc.jsonValue().map((json) => [name, json]) },
    ),
  );
  return fc
    .tuple(...fields)
    .map((entries) => JSON.stringify(Object.fromEntries(entries.filter((entry) => entry !== undefined) as [string, unknown][])));
}

/** Bytes with a few of them changed, left out, doubled or cut off. */
export function mangled(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const edit = fc.record({ kind: fc.constantFrom('flip', 'drop', 'double', 'cut', 'insert'), at: fc.nat(), byte: fc.nat(255) });
  return fc.tuple(bytes, fc.array(edit, { maxLength: 4 })).map(([original, edits]) => {
    let result = Buffer.from(original);
    for (const { kind, at, byte } of edits) {
      const index = result.length === 0 ? 0 : at % result.length;
      const [before, after] = [result.subarray(0, index), result.subarray(index)];
      switch (kind) {
        case 'flip':
          result = Buffer.concat([before, Buffer.of(byte), after.subarray(1)]);
          break;
        case 'drop':
          result = Buffer.concat([before, after.subarray(1)]);
          break;
        case 'double':
          result = Buffer.concat([before, after.subarray(0, 1), after]);
          break;
        case 'cut':
          result = Buffer.from(before);
          break;
        default:
          result = Buffer.concat([before, Buffer.of(byte), after]);
      }
    }
    return result;
  });
}
