import { expect, test } from '@jest/globals';
import { freshChannel } from '../support/clients.ts';
import { editedRuns, expectRefusal, revoke, type TakenGrant } from '../support/edited-run.ts';
import type { InProcessRun } from '../support/in-process.ts';
import { post } from './support/streams.ts';

async function refusesToPublish({ run }: InProcessRun): Promise<void> {
  const response = await post(run.urls.http, freshChannel('revoked'), { data: 'x' });
  expect(response.status).toBeGreaterThanOrEqual(500);
}

const runs = editedRuns();

test.each<TakenGrant>([
  {
    grant: 'the right of the SSE service to notify',
    edit: revoke('ServiceTaskTaskRole', 'sns:Publish'),
    scenario: refusesToPublish,
    named: /AccessDenied: LanesDevSse\/ServiceTaskTaskRole\w+ .* may not sns:Publish on arn:aws:sns:.*Topic/,
  },
  {
    grant: 'the right of the SSE service on the key of the topic',
    edit: revoke('ServiceTaskTaskRole', 'kms:GenerateDataKey'),
    scenario: refusesToPublish,
    named: /AccessDenied: LanesDevSse\/ServiceTaskTaskRole\w+ .* may not kms:GenerateDataKey on arn:aws:kms:/,
  },
])('without $grant a scenario fails, and the log names it', expectRefusal(runs), 60_000);
