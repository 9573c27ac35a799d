import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Answers } from '../../../scripts/init/answers.ts';
import { CLAIMS, isKept, ownerOf, SCRIPTS } from '../../../scripts/init/claims.ts';
import { planChanges } from '../../../scripts/init/plan.ts';

const ROOT = join(import.meta.dirname, '../../..');

const ANSWERS: Answers = { name: 'order-feed', lanes: ['sse'], edge: 'alb', region: 'eu-central-1', auth: 'cognito' };

const plan = (files: Readonly<Record<string, string>>, answers: Partial<Answers> = {}) =>
  planChanges(new Map(Object.entries(files)), { ...ANSWERS, ...answers });

const changed = (files: Readonly<Record<string, string>>, path: string, answers: Partial<Answers> = {}) => {
  const change = plan(files, answers).get(path);
  return change?.kind === 'changed' ? change.text : undefined;
};

describe('the claims', () => {
  test.each(Object.keys(CLAIMS))('%s is there', (path) => {
    expect(existsSync(join(ROOT, path))).toBe(true);
  });

  test('every command that is claimed is one of package.json', () => {
    const listed = execFileSync('node', ['-p', 'Object.keys(require("./package.json").scripts).join()'], { cwd: ROOT, encoding: 'utf8' });
    expect(listed.trim().split(',')).toEqual(expect.arrayContaining(Object.keys(SCRIPTS)));
  });

  test('the longest claim counts', () => {
    expect(ownerOf('test/console/page.test.ts')).toBe('sse');
    expect(ownerOf('test/console/browser.ts')).toBeUndefined();
  });

  test('what compares the lanes needs both', () => {
    expect(isKept('bench/chaos/main.ts', ['sse'])).toBe(false);
    expect(isKept('bench/chaos/main.ts', ['websocket', 'sse'])).toBe(true);
  });

  test('what makes projects is in none', () => {
    expect(isKept('scripts/init/main.ts', ['websocket', 'sse'])).toBe(false);
  });
});

describe('a plan', () => {
  test('removes the files of the lane that goes, and says nothing of those that stay as they are', () => {
    const files = { 'lib/websocket/fan-out.ts': 'a', 'lib/sse/network.ts': 'b' };
    expect([...plan(files)]).toEqual([['lib/websocket/fan-out.ts', { kind: 'removed' }]]);
  });

  test('renames package and stacks, and leaves the name of the client that pages import', () => {
    const text = `realtime-lanes, @realtime-lanes/client, LanesDevSse, \`Lanes\${stage}\`, LANES_TOPIC_ARN, 'LanesError'`;
    expect(changed({ 'bin/app.ts': text }, 'bin/app.ts')).toBe(
      `order-feed, @realtime-lanes/client, OrderFeedDevSse, \`OrderFeed\${stage}\`, LANES_TOPIC_ARN, 'LanesError'`,
    );
  });

  test('takes commands and folders that are gone out of package.json', () => {
    const manifest = JSON.stringify({ scripts: { 'bench:fan-out': 'node bench/fan-out/main.ts', deps: 'depcruise lib verify' } });
    const text = changed({ 'package.json': manifest, 'verify/main.ts': '', 'lib/stages.ts': '' }, 'package.json');
    expect(JSON.parse(text ?? '')).toEqual({ scripts: { deps: 'depcruise lib' } });
  });

  test('makes the text of a link to what is gone of it, and shortens the list of folders', () => {
    const page = '[fan-out](lib/websocket/fan-out.ts), [hub](fargate/hub)\nverify/  deploys\nlib/  infrastructure\n';
    const files = {
      'README.md': page,
      'lib/websocket/fan-out.ts': '',
      'fargate/hub/hub.ts': '',
      'verify/main.ts': '',
      'lib/stages.ts': '',
    };
    expect(changed(files, 'README.md')).toBe('fan-out, [hub](fargate/hub)\nlib/  infrastructure\n');
  });

  test('takes folders that are gone out of what a folder holds', () => {
    const page = 'lib/  infrastructure: access/, websocket/ (a gateway, functions), sse/\n';
    const files = { 'README.md': page, 'lib/websocket/fan-out.ts': '', 'lib/sse/network.ts': '' };
    expect(changed(files, 'README.md')).toBe('lib/  infrastructure: access/, sse/\n');
  });

  test('makes the text of a link to a section that is gone of it, in this page and in another', () => {
    const operations =
      '<!-- lane: websocket -->\n## Queue age\n<!-- end lane -->\n## Dead letters\n[age](#queue-age), [dead](#dead-letters)';
    const files = {
      'docs/operations.md': operations,
      'README.md': '[age](docs/operations.md#queue-age), [dead](docs/operations.md#dead-letters)',
    };
    expect(changed(files, 'docs/operations.md')).toBe('## Dead letters\nage, [dead](#dead-letters)');
    expect(changed(files, 'README.md')).toBe('age, [dead](docs/operations.md#dead-letters)');
  });

  test('takes the column of the lane that goes out of a table, and of no other', () => {
    const page = '| | WebSocket lane | SSE lane |\n|---|---|---|\n| a | b \\| c | d |\n\n| lane | tasks |\n|---|---|\n| WebSocket | 0 |\n';
    expect(changed({ 'README.md': page }, 'README.md')).toBe(
      '| | SSE lane |\n|---|---|\n| a | d |\n\n| lane | tasks |\n|---|---|\n| WebSocket | 0 |\n',
    );
  });
});

describe('a stage', () => {
  const stage = `export const dev = parseStage({
    region: 'us-east-1',
    auth: {
      queryToken: true,
    },
    edge: {
      type: 'alb',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/0',
    },
});`;
  const configured = (answers: Partial<Answers>) => changed({ 'lib/stages/dev.ts': stage }, 'lib/stages/dev.ts', answers);

  test('gets its region, and the example of a certificate there', () => {
    expect(configured({})).toContain("region: 'eu-central-1'");
    expect(configured({})).toContain('arn:aws:acm:eu-central-1:111122223333');
  });

  test('gets an issuer', () => {
    const auth = { url: 'https://id.example.com', audience: 'lanes', jwksUri: 'https://id.example.com/keys' };
    expect(configured({ auth })).toMatch(/auth: \{\n\s+issuer: \{\n\s+url: "https:\/\/id.example.com",\n/);
  });

  test('gets CloudFront in the place of the load balancer', () => {
    expect(configured({ edge: 'cloudfront' })).toContain("type: 'cloudfront'");
    expect(configured({ edge: 'cloudfront' })).not.toContain('certificateArn');
  });

  test('of another form is refused by name', () => {
    expect(() => plan({ 'lib/stages/dev.ts': 'export {};' })).toThrow(/lib\/stages\/dev\.ts has nothing like/);
  });
});
