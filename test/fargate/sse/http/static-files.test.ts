import { expect, test } from '@jest/globals';
import { loadStaticFiles } from '../../../../fargate/sse/http/static-files.ts';

test('a missing directory has no files', () => {
  expect(loadStaticFiles('/nonexistent/console')('/', undefined)).toBeUndefined();
});
