import { expect, test } from '@jest/globals';
import { findings } from '../../../packages/assembly-local/iam/report.ts';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { policiesOf, type TemplateResources } from '../support/edited-assembly.ts';
import { editedRuns, expectRefusal, revoke, type TakenGrant } from '../support/edited-run.ts';
import { type InProcessRun, publishByFunction } from '../support/in-process.ts';
import { openSocket, subscribeSocket } from './support/sockets.ts';

/** Takes out what lets a service use the resources whose policies are called so. */
function revokeFromService(policy: string): (resources: TemplateResources) => void {
  return (resources) => {
    for (const [id, { Type, Properties }] of Object.entries(resources)) {
      if (!id.startsWith(policy)) continue;
      if (Type === 'AWS::Lambda::Permission') delete resources[id];
      const document = Properties?.PolicyDocument;
      if (document !== undefined) document.Statement = document.Statement.filter(({ Effect }) => Effect === 'Deny');
    }
  };
}

async function refusesToConnect({ run }: InProcessRun): Promise<void> {
  await expect(openSocket(run.urls.websocket)).rejects.toThrow(/Unexpected server response: 50\d/);
}

async function failsToDeliver({ run, lines }: InProcessRun): Promise<void> {
  const channel = freshChannel('revoked');
  const socket = await subscribeSocket(run.urls.websocket, channel);
  await publishByFunction(run, channel, 'x');
  await until('the delivery is refused', () => lines.some((line) => line.includes('AccessDenied')));
  expect(socket.frames.items.filter(({ kind }) => kind === 'event')).toEqual([]);
  socket.close();
}

const runs = editedRuns();

test.each<TakenGrant>([
  {
    grant: 'the right of $connect to note a connection',
    edit: revoke('ConnectRole', 'dynamodb:PutItem'),
    scenario: refusesToConnect,
    named: /AccessDenied: LanesDevWebsocket\/ConnectRole\w+ .* may not dynamodb:PutItem on arn:aws:dynamodb:.*Connections/,
  },
  {
    grant: 'the right of the fan-out to post',
    edit: revoke('FanOutHandlerRole', 'execute-api:ManageConnections'),
    scenario: failsToDeliver,
    named: /AccessDenied: LanesDevWebsocket\/FanOutHandlerRole\w+ .* may not execute-api:ManageConnections on arn:aws:execute-api:.*POST/,
  },
  {
    grant: 'the right of the topic on the queue of the fan-out',
    edit: revokeFromService('FanOutEventsPolicy'),
    scenario: failsToDeliver,
    named: /AccessDenied: SNS may not sqs:SendMessage on arn:aws:sqs:.*FanOutEvents/,
  },
  {
    grant: 'the right of API Gateway on the function behind $connect',
    edit: revokeFromService('ApiconnectRouteConnectPermission'),
    scenario: refusesToConnect,
    named: /AccessDenied: API Gateway may not invoke arn:aws:lambda:.*ConnectFunction/,
  },
])('without $grant a scenario fails, and the log names it', expectRefusal(runs), 60_000);

test('a surplus grant is a finding that names it, and a grant that is needed is none', async () => {
  const { run } = await runs.start((resources) => {
    for (const statement of policiesOf(resources, 'ConnectRoleDefaultPolicy')) {
      if ([statement.Action].flat().includes('dynamodb:PutItem')) statement.Action = ['dynamodb:PutItem', 'dynamodb:Scan'];
    }
  });
  const socket = await openSocket(run.urls.websocket);
  socket.close();

  // Its other grants are for a principal that has all the connections that it may have.
  const onConnections = findings(run.accessReport(), []).filter((line) => /\/ConnectRole.*dynamodb:(PutItem|Scan)/.test(line));

  expect(onConnections).toEqual([
    expect.stringMatching(/ConnectRole\w+ may dynamodb:Scan on arn:aws:dynamodb:.*Connections.*, and nothing needs it/),
  ]);
}, 60_000);
