import { createServer } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import type { TemplateValue } from '../../assembly/read.ts';
import { resolveAssembly } from '../../assembly/resolve.ts';
import { balancersFromResources } from '../../balancer/from-resources.ts';
import type { TargetGroup } from '../../balancer/target-group.ts';
import { listen } from '../../loopback.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Adds a task that responds with its name to a group. */
async function addTask(group: TargetGroup, name: string): Promise<string> {
  const server = createServer((_, response) => response.end(name));
  const target = group.register(await listen(server));
  cleanups.push(() => {
    group.close();
    server.closeAllConnections();
    server.close();
  });
  await target.healthy;
  return target.state;
}

const forwardTo = (...groups: readonly (readonly [string, number])[]): TemplateValue => [
  { Type: 'forward', ForwardConfig: { TargetGroups: groups.map(([group, Weight]) => ({ TargetGroupArn: { Ref: group }, Weight })) } },
];

/** A listener with two target groups and one rule; it rejects requests that the rule does not match. */
function balancers(path: string, actions: TemplateValue) {
  const Resources = {
    LoadBalancer: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: {} },
    First: { Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: { Protocol: 'HTTP' } },
    Second: { Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: { Protocol: 'HTTP' } },
    Listener: {
      Type: 'AWS::ElasticLoadBalancingV2::Listener',
      Properties: {
        LoadBalancerArn: { Ref: 'LoadBalancer' },
        Port: 80,
        Protocol: 'HTTP',
        ListenerAttributes: [
          { Key: 'routing.http.response.x_frame_options.header_value', Value: 'DENY' },
          {
            Key: 'routing.http.response.content_security_policy.header_value',
            Value: "connect-src 'self' https://issuer.example; frame-ancestors 'none'",
          },
          { Key: 'routing.http.response.server.enabled', Value: 'true' },
        ],
        DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
      },
    },
    Rule: {
      Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
      Properties: {
        ListenerArn: { Ref: 'Listener' },
        Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: [path] } }],
        Actions: actions,
      },
    },
  };
  const template = { Resources, Outputs: {}, Parameters: {}, Conditions: {}, Mappings: {} };
  const { resources } = resolveAssembly({
    stacks: [{ name: 'App', region: 'eu-west-1', template }],
    files: new Map(),
    images: new Map(),
  });
  return balancersFromResources(resources, { key: '', cert: '' }, [], new Map([['https://issuer.example', 'http://127.0.0.1:8000']]));
}

test('a rule for all requests replaces the default action, and its group of weight 0 gets none', async () => {
  const { listeners, targetGroups } = balancers('/*', forwardTo(['First', 100], ['Second', 0]));
  const [first, second] = await Promise.all([...targetGroups.values()].map((group, index) => addTask(group, `task ${index}`)));
  const [entry] = listeners;
  await entry?.listener.listen();
  cleanups.push(async () => entry?.listener.close());
  const answers = await Promise.all(Array.from({ length: 4 }, async () => (await fetch(entry?.listener.url ?? '')).text()));
  expect([first, second]).toEqual(['healthy', 'healthy']);
  expect(answers).toEqual(Array(4).fill('task 0'));
});

test('the attributes of a listener add headers to responses of tasks and its own, with the local addresses', async () => {
  const { listeners, targetGroups } = balancers('/*', forwardTo(['First', 1]));
  const [entry] = listeners;
  await entry?.listener.listen();
  cleanups.push(async () => entry?.listener.close());
  const ask = async () => {
    const { status, headers } = await fetch(entry?.listener.url ?? '');
    return [status, headers.get('x-frame-options'), headers.get('content-security-policy')];
  };
  const headers = ['DENY', "connect-src 'self' http://127.0.0.1:8000; frame-ancestors 'none'"];
  expect(await ask()).toEqual([503, ...headers]);
  const [first] = targetGroups.values();
  if (first !== undefined) await addTask(first, 'task');
  expect(await ask()).toEqual([200, ...headers]);
});

test('requests for two groups at once are refused by name', () => {
  expect(() => balancers('/*', forwardTo(['First', 90], ['Second', 10]))).toThrow('Rule: forwards to 2 target groups');
});

test('a rule for some paths is refused', () => {
  expect(() => balancers('/v1/*', forwardTo(['First', 100]))).toThrow('a rule must be for all paths locally');
});
