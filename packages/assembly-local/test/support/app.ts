import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OPEN_POLICY } from './access.ts';

/** Responds with its environment on `/env`, with its process id elsewhere, and is ready as soon as it listens. */
const SERVICE = `
import { createServer } from 'node:http';
if (process.env.FAIL) { console.error('cannot start'); process.exit(7); }
const metadata = await (await fetch(process.env.ECS_CONTAINER_METADATA_URI_V4 + '/task')).json();
const server = createServer((request, response) => {
  if (request.url === '/env') response.end(JSON.stringify({ ...process.env, metadata }));
  else if (request.url === '/stream') { response.writeHead(200); response.write('open'); }
  else response.end(String(process.pid));
});
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening'));
process.on('SIGTERM', () => { if (!process.env.STUBBORN) server.close(() => process.exit(0)); });
`;

/** Echoes each message to the connection that sent it. */
const FUNCTION = `
export const handler = async ({ requestContext, body }) => {
  if (requestContext?.eventType === 'MESSAGE') {
    const url = process.env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI + '/@connections/' + encodeURIComponent(requestContext.connectionId);
    const { AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN } = process.env;
    const authorization = 'AWS4-HMAC-SHA256 Credential=' + AWS_ACCESS_KEY_ID + '/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0';
    await fetch(url, {
      method: 'POST',
      body: JSON.stringify({ body, env: process.env }),
      headers: { authorization, 'x-amz-security-token': AWS_SESSION_TOKEN },
    });
  }
  return { statusCode: 200 };
};
`;

export interface TestApp {
  readonly directory: string;
  /** Adds the code of a further function, an ES module, under the key of its asset. */
  addFunction(objectKey: string, code: string): void;
  remove(): void;
}

type Resources = Record<string, { Type: string; Properties?: Record<string, unknown>; Metadata?: Record<string, unknown> }>;

/**
 * Writes a small assembly with one resource of each kind. `resources` are added to it; `serviceEnv` is the environment
 * of the service.
 */
export function writeApp(options: { resources?: Resources; serviceEnv?: Record<string, string>; stopTimeout?: number } = {}): TestApp {
  const directory = mkdtempSync(join(tmpdir(), 'local-app-'));
  const write = (file: string, content: unknown) => {
    const path = join(directory, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  };
  write('asset.service/main.mjs', SERVICE);
  write('asset.service/Dockerfile', 'FROM node:24-slim\nENV FROM_IMAGE=yes\nCOPY . .\nCMD ["node", "main.mjs"]\n');
  const files: Record<string, object> = {};
  const addFunction = (objectKey: string, code: string) => {
    const path = `asset.${objectKey}`;
    write(`${path}/index.mjs`, code);
    files[objectKey] = { source: { path }, destinations: { d: { objectKey } } };
    write('App.assets.json', {
      files,
      dockerImages: { s: { source: { directory: 'asset.service' }, destinations: { d: { imageTag: 'service-tag' } } } },
    });
  };
  addFunction('f.zip', FUNCTION);
  write('App.template.json', {
    Resources: { ...resources(options.serviceEnv ?? {}, options.stopTimeout ?? 2), ...options.resources },
    Outputs: {
      WebSocketUrl: { Value: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Api', 'ApiEndpoint'] }, '/', { Ref: 'Stage' }]] } },
      HttpUrl: { Value: { 'Fn::Sub': `http://\${Balancer.DNSName}` } },
      QueueUrl: { Value: { Ref: 'Jobs' } },
    },
  });
  write('manifest.json', {
    version: '48.0.0',
    artifacts: {
      App: {
        type: 'aws:cloudformation:stack',
        environment: 'aws://unknown-account/us-east-1',
        properties: { templateFile: 'App.template.json' },
      },
      'App.assets': { type: 'cdk:asset-manifest', properties: { file: 'App.assets.json' } },
    },
  });
  return { directory, addFunction, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

function allow(Action: string, Resource: unknown): object {
  return { Effect: 'Allow', Action, Resource };
}

function role(service: string, Statement: readonly object[]): Resources[string] {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }] },
      Policies: [{ PolicyName: 'own', PolicyDocument: { Statement } }],
    },
  };
}

function resources(serviceEnv: Record<string, string>, stopTimeout: number): Resources {
  const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
  const route = (RouteKey: string) => ({
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: { ApiId: { Ref: 'Api' }, RouteKey, Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] } },
  });
  const listener = (Port: number, Protocol: string) => ({
    Type: 'AWS::ElasticLoadBalancingV2::Listener',
    Properties: {
      LoadBalancerArn: { Ref: 'Balancer' },
      Port,
      Protocol,
      DefaultActions: [{ Type: 'forward', TargetGroupArn: { Ref: 'Targets' } }],
    },
  });
  return {
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      },
    },
    Topic: { Type: 'AWS::SNS::Topic' },
    Jobs: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 30 } },
    Stopped: { Type: 'AWS::SQS::Queue' },
    QueuePolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: { Queues: [{ Ref: 'Jobs' }, { Ref: 'Stopped' }], PolicyDocument: JSON.parse(OPEN_POLICY) },
    },
    Subscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'sqs', Endpoint: arn('Jobs'), RawMessageDelivery: true },
    },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Bucket: 'assets', S3Key: 'f.zip' },
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: arn('FunctionRole'),
        Environment: {
          Variables: {
            TABLE: { Ref: 'Table' },
            QUEUE_URL: { Ref: 'Jobs' },
            AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: {
              'Fn::Sub': `https://\${Api}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}/\${Stage}`,
            },
          },
        },
      },
    },
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.action' } },
    Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: { Ref: 'Api' }, StageName: 'dev', AutoDeploy: true } },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::Sub': `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\${Function.Arn}/invocations` },
      },
    },
    Connect: route('$connect'),
    Default: route('$default'),
    Balancer: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: {} },
    Targets: {
      Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
      Properties: {
        Protocol: 'HTTP',
        HealthCheckPath: '/',
        TargetGroupAttributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '1' }],
      },
    },
    Http: listener(80, 'HTTP'),
    Https: listener(443, 'HTTPS'),
    Cluster: { Type: 'AWS::ECS::Cluster' },
    Task: {
      Type: 'AWS::ECS::TaskDefinition',
      Properties: {
        ExecutionRoleArn: arn('ExecutionRole'),
        ContainerDefinitions: [
          {
            Name: 'Main',
            Image: { 'Fn::Sub': `\${AWS::AccountId}.dkr.ecr.us-east-1.amazonaws.com/assets:service-tag` },
            StopTimeout: stopTimeout,
            Environment: Object.entries({ HOST: '0.0.0.0', PORT: '8080', ...serviceEnv }).map(([Name, Value]) => ({ Name, Value })),
          },
        ],
      },
    },
    Service: {
      Type: 'AWS::ECS::Service',
      Properties: {
        Cluster: { Ref: 'Cluster' },
        TaskDefinition: { Ref: 'Task' },
        LoadBalancers: [{ ContainerName: 'Main', ContainerPort: 8080, TargetGroupArn: { Ref: 'Targets' } }],
      },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventPattern: { source: ['aws.ecs'], detail: { lastStatus: ['STOPPED'], clusterArn: [arn('Cluster')] } },
        Targets: [{ Id: 'T', Arn: arn('Stopped') }],
      },
    },
    FunctionRole: role('lambda.amazonaws.com', [allow('logs:*', '*'), allow('execute-api:ManageConnections', '*')]),
    ExecutionRole: role('ecs-tasks.amazonaws.com', [allow('ecr:*', '*')]),
    Invoke: {
      Type: 'AWS::Lambda::Permission',
      Properties: { Action: 'lambda:InvokeFunction', FunctionName: arn('Function'), Principal: 'apigateway.amazonaws.com' },
    },
    Logs: { Type: 'AWS::Logs::LogGroup' },
  };
}
