import { describe, expect, test } from '@jest/globals';
import type { Answers } from '../../../scripts/init/answers.ts';
import { makeProject, packagesLeftOver } from '../../../scripts/init/project.ts';

const ANSWERS: Answers = { name: 'order-feed', lanes: 'sse', edge: 'alb', region: 'eu-central-1', auth: 'cognito' };

const make = (files: Readonly<Record<string, string>>, answers: Answers = {}, lab = true) =>
  makeProject(new Map(Object.entries(files)), { ...ANSWERS, ...answers }, lab);
const paths = (...args: Parameters<typeof make>) => [...make(...args).keys()];

describe('the files of a project', () => {
  const files = {
    'lib/lanes.ts': '',
    'lib/sse/lane.ts': '',
    'lib/websocket/lane.ts': '',
    'lab/e2e/both/chaos.test.ts': '',
    'docs/websocket/operations.md': '',
    'docs/lab/both/testing.md': '',
    'docs/template/new-project.md': '',
    'packages/client/src/websocket.ts': '',
    'lab/both/chaos/main.ts': '',
    'lab/load/main.ts': '',
    'scripts/init/main.ts': '',
    'CHANGELOG.md': '',
  };

  test('leave out every folder of the removed lane and of both, wherever it is, and what belongs to the template only', () => {
    expect(paths(files)).toEqual(['lib/lanes.ts', 'lib/sse/lane.ts', 'packages/client/src/websocket.ts', 'lab/load/main.ts']);
    expect(paths(files, { lanes: 'websocket' })).toContain('docs/websocket/operations.md');
  });

  test('are all lanes, with both', () => {
    expect(paths(files, { lanes: 'both' })).toHaveLength(9);
  });

  test('leave out lab if it is not wanted', () => {
    expect(paths(files, { lanes: 'both' }, false).filter((path) => path.split('/').includes('lab'))).toEqual([]);
  });
});

test('the line of the removed lane is removed from the list', () => {
  const list = "// lanes\nexport { sse } from './sse/lane.ts';\nexport { websocket } from './websocket/lane.ts';\n";
  expect(make({ 'lib/lanes.ts': list }).get('lib/lanes.ts')).toBe("// lanes\nexport { sse } from './sse/lane.ts';\n");
});

test('package and stacks get the name of the project, and the client that pages import keeps its own', () => {
  const text = `realtime-lanes, @realtime-lanes/client, LanesDevSse, \`Lanes\${stage}\`, LANES_TOPIC_ARN, 'LanesError'`;
  expect(make({ 'bin/app.ts': text }).get('bin/app.ts')).toBe(
    `order-feed, @realtime-lanes/client, OrderFeedDevSse, \`OrderFeed\${stage}\`, LANES_TOPIC_ARN, 'LanesError'`,
  );
});

test('removed commands and folders are removed from package.json', () => {
  const scripts = { 'bench:fan-out': 'exec node lab/websocket/main.ts', deps: 'depcruise lib lab', load: 'exec node lab/load.ts' };
  const files = { 'package.json': JSON.stringify({ scripts }), 'lib/a.ts': '', 'lab/websocket/main.ts': '', 'lab/load.ts': '' };
  expect(JSON.parse(make(files).get('package.json') ?? '')).toEqual({ scripts: { deps: scripts.deps, load: scripts.load } });
  expect(JSON.parse(make(files, {}, false).get('package.json') ?? '')).toEqual({ scripts: { deps: 'depcruise lib' } });
});

test('a link to something removed becomes its text', () => {
  const files = {
    'docs/a.md': '[gone](websocket/b.md#x), [there](sse/b.md), [web](https://a.example)',
    'docs/websocket/b.md': '',
    'docs/sse/b.md': '',
  };
  expect(make(files).get('docs/a.md')).toBe('gone, [there](sse/b.md), [web](https://a.example)');
});

describe('a stage', () => {
  const stage = `parseStage({
    region: 'us-east-1',
    auth: { queryToken: true },
    edge: {
      type: 'alb',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/0',
    },
});`;
  const configured = (answers: Answers = {}) => make({ 'lib/stages/dev.ts': stage }, answers).get('lib/stages/dev.ts');

  test('gets its Region, and an example of a certificate there', () => {
    expect(configured()).toContain("region: 'eu-central-1'");
    expect(configured()).toContain('arn:aws:acm:eu-central-1:111122223333');
  });

  test('gets an issuer', () => {
    const issuer = { issuer: 'https://id.example.com', audience: 'orders', jwks: 'https://id.example.com/keys', clientId: 'page' };
    expect(configured(issuer)).toContain(
      'auth: { issuer: {"url":"https://id.example.com","audience":"orders","jwksUri":"https://id.example.com/keys","clientId":"page"}, queryToken: true }',
    );
  });

  test('keeps its limit per address, or that it has none', () => {
    const edge = (limit: string) => stage.replace(/certificateArn: .*/, `requestsPerAddress: ${limit},`);
    const withCloudFront = (limit: string) => make({ 'lib/stages/dev.ts': edge(limit) }, { edge: 'cloudfront' }).get('lib/stages/dev.ts');
    expect(withCloudFront('2_000')).toContain("originPrefixListId: 'pl-00000000', requestsPerAddress: 2_000 }");
    expect(withCloudFront('null')).toContain("originPrefixListId: 'pl-00000000', requestsPerAddress: null }");
  });

  test('gets CloudFront instead of the load balancer', () => {
    expect(configured({ edge: 'cloudfront' })).toContain("type: 'cloudfront'");
    expect(configured({ edge: 'cloudfront' })).not.toContain('certificateArn');
  });
});

test('packages that only removed files imported are left over', () => {
  const before = new Map([
    ['a.ts', "import { x } from '@scope/one/deep';\nimport y from 'two';"],
    ['b.ts', "import z from 'three';"],
    ['c.md', "import q from 'four';"],
  ]);
  expect(packagesLeftOver(before, new Map([['b.ts', "import z from 'three';"]]))).toEqual(['@scope/one', 'two']);
});
