import type { LocalRun } from './run.ts';

/** What `npm start` prints when everything is ready: where to look, and what to try. */
export function summary({
  urls,
  services,
  token,
  issuer,
  outputs,
}: Pick<LocalRun, 'urls' | 'services' | 'token' | 'issuer' | 'outputs'>): string {
  const tasks = services.reduce((sum, service) => sum + service.tasks.length, 0);
  const lines: string[] = [''];
  const add = (label: string, text: string) => text !== '' && lines.push(`  ${label.padEnd(12)}${text}`);
  add('Console', urls.console);
  add(
    'SSE',
    urls.https === ''
      ? urls.http
      : `${urls.https}${urls.http === '' ? '' : `, ${urls.http}`}  (${tasks} ${tasks === 1 ? 'task' : 'tasks'})`,
  );
  add('WebSocket', urls.websocket);
  add('AWS APIs', `AWS_ENDPOINT_URL=${urls.endpoint}`);
  add('Tokens', `${issuer.tokenUrl}  (whatever you ask for)`);
  for (const [key, value] of Object.values(outputs).flatMap((ofStack) => Object.entries(ofStack))) {
    if (key.endsWith('FunctionName')) add('Function', `${key}=${value}`);
  }
  lines.push('', '  A token that allows everything, for as long as this runs:', `    export TOKEN=${token}`);
  lines.push('', '  One that allows some things for a minute:');
  lines.push(`    curl -d grant_type=client_credentials -d 'subscribe=orders.*' -d expires_in=60 ${issuer.tokenUrl}`);
  lines.push('', '  Try, each in a terminal of its own:');
  if (urls.https !== '') lines.push(`    curl -Nk --http2 -H "authorization: Bearer $TOKEN" '${urls.https}/v1/events?channel=demo'`);
  if (urls.websocket !== '') {
    lines.push(
      `    npx wscat -c ${urls.websocket} -H "authorization: Bearer $TOKEN" -s lanes.v1.json -x '{"action":"subscribe","channel":"demo"}' -w 600`,
    );
  }
  // HTTPS first: the listener for plain HTTP may only redirect.
  const publish = urls.https === '' ? urls.http : urls.https;
  if (publish !== '') {
    lines.push(
      `    curl -k ${publish}/v1/channels/demo/events -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '{"data":"hello"}'`,
    );
  }
  lines.push('', '  Ctrl-C stops everything.', '');
  return `${lines.join('\n')}\n`;
}
