import { expect, test } from '@jest/globals';
import { createLoadClient } from '../../../sse/measure/load-client.ts';
import { cCeiling } from '../../../sse/peers/c-ceiling.ts';

// Without gcc or a library there is another client, or a reason; a source that is not found is neither.
test('the sources of the C programs are found', async () => {
  await expect(createLoadClient()).resolves.toHaveProperty('name');
  await expect(cCeiling.missing()).resolves.not.toBe('');
});
