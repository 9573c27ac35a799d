import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toWireEvent } from '../../../../backbone/domain/event.ts';
import { jsonBytes } from '../../../../fargate/sse/hub/json-bytes.ts';
import { channelEvent } from '../../../support/arbitraries.ts';

test('an event takes no more bytes as JSON than are counted for it', () => {
  fc.assert(
    fc.property(channelEvent, (event) => {
      const bytes = Buffer.byteLength(JSON.stringify(toWireEvent(event)));
      expect(jsonBytes(event)).toBeGreaterThanOrEqual(bytes);
      expect(jsonBytes(event)).toBeLessThan(bytes + 160);
    }),
  );
});
