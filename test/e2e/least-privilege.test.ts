import { afterEach, expect, test } from '@jest/globals';
import { findings } from '../../local/iam/report.ts';
import { freshChannel, openSocket, post, subscribeSocket } from './support/clients.ts';
import { type EditedAssembly, editAssembly, policiesOf, type TemplateResources } from './support/edited-assembly.ts';
import { type InProcessRun, publishByFunction, startInProcess, until } from './support/in-process.ts';

let assembly: EditedAssembly | undefined;
let world: InProcessRun | undefined;

afterEach(async () => {
  await world?.run.close();
  assembly?.remove();
  world = undefined;
  assembly = undefined;
}, 30_000);

async function startEdited(edit: (resources: TemplateResources) => void): Promise<InProcessRun> {
  assembly = editAssembly(edit);
  // What an edited app was granted says nothing about the app itself.
  world = await startInProcess({ assemblyDir: assembly.directory, tasks: 1, accessReportDir: undefined });
  return world;
}

/** Takes an action out of a role's policy. */
function revoke(role: string, action: string): (resources: TemplateResources) => void {
  return (resources) => {
    for (const statement of policiesOf(resources, `${role}DefaultPolicy`)) {
      statement.Action = [statement.Action].flat().filter((granted) => granted !== action);
    }
  };
}

// lane: websocket
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
// end lane

const scenarios = {
  // lane: websocket
  connect: async ({ run }: InProcessRun) => {
    await expect(openSocket(run.urls.websocket)).rejects.toThrow(/Unexpected server response: 50\d/);
  },
  // end lane
  // lane: sse
  publish: async ({ run }: InProcessRun) => {
    const response = await post(run.urls.http, freshChannel('revoked'), { data: 'x' });
    expect(response.status).toBeGreaterThanOrEqual(500);
  },
  // end lane
  // lane: websocket
  deliver: async ({ run, lines }: InProcessRun) => {
    const channel = freshChannel('revoked');
    const socket = await subscribeSocket(run.urls.websocket, channel);
    await publishByFunction(run, channel, 'x');
    await until('the delivery is refused', () => lines.some((line) => line.includes('AccessDenied')));
    expect(socket.frames.items.filter(({ kind }) => kind === 'event')).toEqual([]);
    socket.close();
  },
  // end lane
};

test.each([
  // lane: websocket
  {
    grant: 'the right of $connect to note a connection',
    edit: revoke('ConnectRole', 'dynamodb:PutItem'),
    scenario: scenarios.connect,
    named: /AccessDenied: LanesDevWebsocket\/ConnectRole\w+ .* may not dynamodb:PutItem on arn:aws:dynamodb:.*Connections/,
  },
  // end lane
  // lane: sse
  {
    grant: 'the right of the SSE service to notify',
    edit: revoke('ServiceTaskTaskRole', 'sns:Publish'),
    scenario: scenarios.publish,
    named: /AccessDenied: LanesDevSse\/ServiceTaskTaskRole\w+ .* may not sns:Publish on arn:aws:sns:.*Topic/,
  },
  {
    grant: 'the right of the SSE service on the key of the topic',
    edit: revoke('ServiceTaskTaskRole', 'kms:GenerateDataKey'),
    scenario: scenarios.publish,
    named: /AccessDenied: LanesDevSse\/ServiceTaskTaskRole\w+ .* may not kms:GenerateDataKey on arn:aws:kms:/,
  },
  // end lane
  // lane: websocket
  {
    grant: 'the right of the fan-out to post',
    edit: revoke('FanOutHandlerRole', 'execute-api:ManageConnections'),
    scenario: scenarios.deliver,
    named: /AccessDenied: LanesDevWebsocket\/FanOutHandlerRole\w+ .* may not execute-api:ManageConnections on arn:aws:execute-api:.*POST/,
  },
  {
    grant: 'the right of the topic on the queue of the fan-out',
    edit: revokeFromService('FanOutEventsPolicy'),
    scenario: scenarios.deliver,
    named: /AccessDenied: SNS may not sqs:SendMessage on arn:aws:sqs:.*FanOutEvents/,
  },
  {
    grant: 'the right of API Gateway on the function behind $connect',
    edit: revokeFromService('ApiconnectRouteConnectPermission'),
    scenario: scenarios.connect,
    named: /AccessDenied: API Gateway may not invoke arn:aws:lambda:.*ConnectFunction/,
  },
  // end lane
])(
  'without $grant a scenario fails, and the log names it',
  async ({ edit, scenario, named }) => {
    const edited = await startEdited(edit);
    await scenario(edited);
    expect(edited.lines.join('')).toMatch(named);
  },
  60_000,
);

// lane: websocket
test('a surplus grant is a finding that names it, and a grant that is needed is none', async () => {
  const { run } = await startEdited((resources) => {
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
// end lane
