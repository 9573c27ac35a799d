import { describe, expect, test } from '@jest/globals';
import { UnknownResourceTypeError, UnsupportedTemplateError } from '../../assembly/errors.ts';
import { Omissions } from '../../assembly/omissions.ts';
import type { StackAssembly, Template, TemplateValue } from '../../assembly/read.ts';
import { resolveAssembly } from '../../assembly/resolve.ts';

function stack(template: Partial<Template>, name = 'App', region = 'eu-west-1'): StackAssembly {
  return { name, region, template: { Resources: {}, Outputs: {}, Parameters: {}, Conditions: {}, Mappings: {}, ...template } };
}

function resolve(...stacks: StackAssembly[]) {
  return resolveAssembly({ stacks, files: new Map(), images: new Map() });
}

/** Evaluates one value in a template with a table, a queue, a function and a role. */
function evaluate(value: TemplateValue, template: Partial<Template> = {}): unknown {
  const Resources = {
    Table: { Type: 'AWS::DynamoDB::Table', Properties: {} },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Join': ['-', ['my', { Ref: 'AWS::Region' }]] } } },
    Role: { Type: 'AWS::IAM::Role', Properties: {} },
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: {} },
    Fn: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'worker' } },
    Alias: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Fn' }, Name: 'live' } },
  };
  const { outputs } = resolve(stack({ Resources, Outputs: { Value: { Value: value } }, ...template }));
  return outputs['App']?.['Value'];
}

describe('references', () => {
  test('Ref of a table is its name, derived from stack and logical id', () => {
    expect(evaluate({ Ref: 'Table' })).toMatch(/^App-Table-[0-9a-f]{10}$/);
  });

  test('a name in the template is the physical name', () => {
    expect(evaluate({ 'Fn::GetAtt': ['Queue', 'Arn'] })).toBe('arn:aws:sqs:eu-west-1:000000000000:my-eu-west-1');
  });

  test('Ref of a queue is its URL', () => {
    expect(evaluate({ Ref: 'Queue' })).toBe('https://sqs.eu-west-1.amazonaws.com/000000000000/my-eu-west-1');
  });

  test('Fn::GetAtt also accepts the dotted form', () => {
    expect(evaluate({ 'Fn::GetAtt': 'Queue.QueueName' })).toBe('my-eu-west-1');
  });

  test('Ref of an alias is an ARN with its function and its name', () => {
    expect(evaluate({ Ref: 'Alias' })).toBe('arn:aws:lambda:eu-west-1:000000000000:function:worker:live');
  });

  test('a resource without effect has stand-ins', () => {
    expect(evaluate({ 'Fn::GetAtt': ['Role', 'Arn'] })).toMatch(/^arn:aws:/);
  });

  test('an unknown attribute is an error that names it', () => {
    expect(() => evaluate({ 'Fn::GetAtt': ['Queue', 'Colour'] })).toThrow(/Queue\.Colour/);
  });

  test('a reference to nothing is an error that names it', () => {
    expect(() => evaluate({ Ref: 'Nobody' })).toThrow(/Nobody/);
  });

  test('the same assembly resolves to the same names', () => {
    expect(evaluate({ Ref: 'Api' })).toBe(evaluate({ Ref: 'Api' }));
  });

  test('pseudo parameters', () => {
    const parts = ['AWS::Partition', 'AWS::Region', 'AWS::AccountId', 'AWS::URLSuffix', 'AWS::StackName'].map((Ref) => ({ Ref }));
    expect(evaluate({ 'Fn::Join': ['|', parts] })).toBe('aws|eu-west-1|000000000000|amazonaws.com|App');
  });

  test('a parameter has its default', () => {
    expect(evaluate({ Ref: 'P' }, { Parameters: { P: { Type: 'String', Default: 'd' } } })).toBe('d');
  });

  test('a parameter without default is an error that names it', () => {
    expect(() => evaluate({ Ref: 'P' }, { Parameters: { P: { Type: 'String' } } })).toThrow(/parameter P/);
  });
});

describe('functions', () => {
  test.each<[string, TemplateValue, unknown]>([
    ['Fn::Join', { 'Fn::Join': ['', ['a', { Ref: 'AWS::Region' }, 1]] }, 'aeu-west-11'],
    ['Fn::Sub', { 'Fn::Sub': `a-\${AWS::Region}-\${Queue.QueueName}-\${!kept}` }, `a-eu-west-1-my-eu-west-1-\${kept}`],
    ['Fn::Sub with variables', { 'Fn::Sub': [`\${x}/\${AWS::Region}`, { x: { Ref: 'AWS::Partition' } }] }, 'aws/eu-west-1'],
    ['Fn::Select of Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': ['.', 'a.b.c'] }] }, 'b'],
    ['Fn::Select with an index as text', { 'Fn::Select': ['0', ['x']] }, 'x'],
    ['Fn::GetAZs', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, 'eu-west-1a'],
    ['Fn::Base64', { 'Fn::Base64': 'hi' }, 'aGk='],
    ['AWS::NoValue', { a: 1, b: { Ref: 'AWS::NoValue' }, c: [1, { Ref: 'AWS::NoValue' }, 2] }, { a: 1, c: [1, 2] }],
    ['an object that only looks like a function', { Ref: 'Queue', other: 1 }, { Ref: 'Queue', other: 1 }],
  ])('%s', (_, value, expected) => {
    expect(evaluate(value)).toEqual(expected);
  });

  test('Fn::FindInMap', () => {
    expect(evaluate({ 'Fn::FindInMap': ['M', { Ref: 'AWS::Region' }, 'k'] }, { Mappings: { M: { 'eu-west-1': { k: 'v' } } } })).toBe('v');
  });

  test('Fn::If with the condition functions', () => {
    const Conditions = {
      Europe: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] },
      Both: { 'Fn::And': [{ Condition: 'Europe' }, { 'Fn::Not': [{ 'Fn::Or': [{ 'Fn::Equals': ['a', 'b'] }] }] }] },
    };
    expect(evaluate({ 'Fn::If': ['Both', 'yes', 'no'] }, { Conditions })).toBe('yes');
  });

  test('any other function is an error that names it', () => {
    expect(() => evaluate({ 'Fn::Transform': {} })).toThrow(
      new UnsupportedTemplateError('stack App: the function Fn::Transform is not supported'),
    );
  });
});

describe('several stacks', () => {
  const producer = stack(
    {
      Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'events' } } },
      Outputs: { Arn: { Value: { Ref: 'Topic' }, Export: { Name: 'Exported' } } },
    },
    'Producer',
  );

  test.each<[string, TemplateValue]>([
    ['Fn::ImportValue', { 'Fn::ImportValue': 'Exported' }],
    ['Fn::GetStackOutput', { 'Fn::GetStackOutput': { StackName: 'Producer', OutputName: 'Arn', Region: 'eu-west-1' } }],
  ])('%s reads the output of another stack, whichever comes first', (_, Value) => {
    const { outputs } = resolve(stack({ Outputs: { Arn: { Value } } }), producer);
    expect(outputs['App']?.['Arn']).toBe('arn:aws:sns:eu-west-1:000000000000:events');
  });

  test('an import without an export is an error that names it', () => {
    expect(() => resolve(stack({ Outputs: { X: { Value: { 'Fn::ImportValue': 'Nothing' } } } }))).toThrow(/Nothing/);
  });

  test('an output that does not exist is an error that names it', () => {
    const Value = { 'Fn::GetStackOutput': { StackName: 'Producer', OutputName: 'Nope' } };
    expect(() => resolve(stack({ Outputs: { X: { Value } } }), producer)).toThrow(/Nope/);
  });
});

describe('resource types', () => {
  test('an unknown type is an error that names type, logical id and stack', () => {
    const Resources = { Cache: { Type: 'AWS::ElastiCache::ServerlessCache', Properties: {} } };
    expect(() => resolve(stack({ Resources }))).toThrow(UnknownResourceTypeError);
    expect(() => resolve(stack({ Resources }))).toThrow(/AWS::ElastiCache::ServerlessCache \(Cache in stack App\)/);
  });

  test('a resource whose condition is false is left out, whatever its type', () => {
    const Resources = { Cache: { Type: 'AWS::ElastiCache::ServerlessCache', Condition: 'Never', Properties: {} } };
    const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
    expect(resolve(stack({ Resources, Conditions })).resources).toEqual([]);
  });

  test('a type without effect is not among the resources, and its properties are not evaluated', () => {
    const Resources = { Dashboard: { Type: 'AWS::CloudWatch::Dashboard', Properties: { Body: { 'Fn::Cidr': [] } } } };
    expect(resolve(stack({ Resources })).resources).toEqual([]);
  });

  test('a resource has its properties evaluated', () => {
    const Resources = {
      Topic: { Type: 'AWS::SNS::Topic', Properties: {} },
      Subscription: { Type: 'AWS::SNS::Subscription', Properties: { TopicArn: { Ref: 'Topic' }, RawMessageDelivery: true } },
    };
    const [topic, subscription] = resolve(stack({ Resources })).resources;
    expect(subscription?.properties).toEqual({ TopicArn: topic?.ref, RawMessageDelivery: true });
    expect(subscription?.ref.startsWith(`${topic?.ref}:`)).toBe(true);
  });
});

describe('what is left out', () => {
  function leavingOut(...stacks: StackAssembly[]) {
    const omissions = new Omissions({ strict: false });
    const app = resolveAssembly({ stacks, files: new Map(), images: new Map() }, omissions);
    return { ...app, warnings: omissions.warnings() };
  }

  const cache = { Cache: { Type: 'AWS::ElastiCache::ServerlessCache', Properties: {} } };

  test('still has a name and attributes, for outputs and other stacks', () => {
    const producer = stack({ Resources: cache, Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Cache', 'Arn'] } } } }, 'Producer');
    const Resources = {
      Queue: {
        Type: 'AWS::SQS::Queue',
        Properties: { QueueName: { 'Fn::GetStackOutput': { StackName: 'Producer', OutputName: 'Arn' } } },
      },
    };
    const { resources, outputs, warnings } = leavingOut(stack({ Resources }), producer);
    expect(outputs['Producer']?.['Arn']).toMatch(/^arn:aws:.*Producer-Cache-/);
    expect(resources.map(({ name }) => name)).toEqual([outputs['Producer']?.['Arn']]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^AWS::ElastiCache::ServerlessCache \(Cache in stack Producer\) .*; AWS::SQS::Queue \(Queue in stack App\) gets/,
      ),
    ]);
  });

  test('is a resource whose properties or condition, or an output whose value, cannot be evaluated', () => {
    const { resources, outputs, warnings } = leavingOut(
      stack({
        Resources: {
          Odd: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Transform': {} } } },
          Conditional: { Type: 'AWS::SQS::Queue', Condition: 'Nowhere', Properties: {} },
          Good: { Type: 'AWS::SQS::Queue', Properties: {} },
        },
        Outputs: { Imported: { Value: { 'Fn::ImportValue': 'Nothing' } }, Good: { Value: 'x' } },
      }),
    );
    expect(resources.map(({ logicalId }) => logicalId)).toEqual(['Good']);
    expect(outputs).toEqual({ App: { Good: 'x' } });
    expect(warnings).toHaveLength(3);
  });
});
