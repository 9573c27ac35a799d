import { Omissions } from './assembly/omissions.ts';
import { readAssembly } from './assembly/read.ts';
import { type ResolvedApp, resolveAssembly } from './assembly/resolve.ts';
import { ACCOUNT } from './assembly/resource-types.ts';
import { type Addresses, localizeValue } from './assembly/rewrite.ts';
import { distributionsBefore } from './balancer/distributions.ts';
import { type Balancers, balancersFromResources } from './balancer/from-resources.ts';
import type { Listener } from './balancer/listener.ts';
import { balancerOperations } from './balancer/operations.ts';
import { balancerPermissions } from './balancer/permissions.ts';
import { bucketsFromResources, deployFiles } from './buckets/from-resources.ts';
import { makeCertificate } from './certificate.ts';
import { DynamoDb } from './endpoint/dynamodb.ts';
import { dynamoDbPermissions } from './endpoint/dynamodb-permissions.ts';
import { Endpoint, METADATA_PATH } from './endpoint/server.ts';
import { EventBuses } from './events/event-buses.ts';
import { eventOperations } from './events/operations.ts';
import { eventPermissions } from './events/permissions.ts';
import type { Faults } from './faults.ts';
import { eventSourcesFromResources, runEventSource } from './functions/event-source.ts';
import { functionsFromResources } from './functions/from-resources.ts';
import type { Functions } from './functions/functions.ts';
import { handleInvoke } from './functions/invoke-api.ts';
import type { ConnectionLimits } from './gateway/client-connection.ts';
import { webSocketApisFromResources } from './gateway/from-resources.ts';
import { Gateway } from './gateway/gateway.ts';
import { Access } from './iam/access.ts';
import { type AccessReport, writeReport } from './iam/report.ts';
import { resourcePoliciesFromResources } from './iam/resource-policies.ts';
import { Roles } from './iam/roles.ts';
import { Sessions } from './iam/sessions.ts';
import { issuerFromResources } from './issuer/from-resources.ts';
import { ISSUER_PATH, Issuer } from './issuer/issuer.ts';
import type { Log } from './log.ts';
import { LOOPBACK, listen } from './loopback.ts';
import { queuesFromResources } from './queues/from-resources.ts';
import { queueOperations } from './queues/operations.ts';
import { queuePermissions } from './queues/permissions.ts';
import { Queues } from './queues/queues.ts';
import { taskServicesFromResources } from './tasks/from-resources.ts';
import { serveMetadata, taskStateChange } from './tasks/metadata.ts';
import { taskOperations } from './tasks/operations.ts';
import { taskPermissions } from './tasks/permissions.ts';
import type { TaskService } from './tasks/task-service.ts';
import { topicsFromResources } from './topics/from-resources.ts';
import { topicOperations } from './topics/operations.ts';
import { topicPermissions } from './topics/permissions.ts';
import type { Topics } from './topics/topics.ts';
import { type LocalUrls, urlsOf } from './urls.ts';

/** Ports that a plain `npm start` uses if they are free. */
const PREFERRED_PORTS = { http: 8080, https: 8443, websocket: 8081, endpoint: 8000 } as const;

/** How long a stopping task may take: a local run ends within seconds even while streams are open. */
const TASK_GRACE_MS = 3000;

export interface LocalRunOptions {
  /** Directory that `cdk synth` has written. */
  readonly assemblyDir: string;
  /** Tasks of each service. */
  readonly tasks: number;
  /** `preferred` uses well-known ports if they are free. @default free */
  readonly ports?: 'preferred' | 'free';
  /** Limits of WebSocket connections. @default API Gateway's */
  readonly connectionLimits?: Partial<ConnectionLimits>;
  /**
   * Settings of functions and tasks that replace those of the template, for example to see within seconds
   * what otherwise takes minutes. @default none
   */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The most instances of each function. @default a few, to suit a laptop */
  readonly maxInstances?: number;
  /**
   * Whether anything that the local run does not support is an error. Otherwise it is left out, with a
   * warning in the log.
   * @default true: a program that starts a run needs to know that it runs the whole app
   */
  readonly strict?: boolean;
  /**
   * Directory for a file with what the roles were granted and used, written when the run ends. @default none
   */
  readonly accessReportDir?: string | undefined;
  readonly log: Log;
}

/** The app, running on this machine. */
export interface LocalRun {
  readonly urls: LocalUrls;
  /** Outputs by stack name and logical id, with local addresses. */
  readonly outputs: ResolvedApp['outputs'];
  /** What is left out, why, and with what consequences: one text for each resource. Empty in a strict run. */
  readonly warnings: readonly string[];
  /** Injected faults. Empty at first. */
  readonly faults: Faults;
  /** The ECS services: list, start, stop and kill tasks. */
  readonly services: readonly TaskService[];
  readonly gateways: readonly Gateway[];
  /** The listeners of the load balancers, and the distributions. */
  readonly listeners: readonly Listener[];
  /** The issuer whose tokens the lanes accept. */
  readonly issuer: Issuer;
  /** A token that allows everything, for as long as the run may last. */
  readonly token: string;
  readonly functions: Functions;
  readonly queues: Queues;
  readonly topics: Topics;
  /** What each role was granted, and what it has used so far. */
  accessReport(): AccessReport;
  /** Runs now what the templates' schedules would run, without waiting for it to finish. */
  fireSchedules(): void;
  /** Stops everything, within seconds. */
  close(): Promise<void>;
}

/**
 * Runs a synthesized app on the loopback interface: what the templates declare, with the bundles of the
 * assembly. Resolves when every service accepts requests.
 *
 * @throws UnreadableAssemblyError or TaskFailedError, and in a strict run UnknownResourceTypeError or
 * UnsupportedTemplateError; nothing is left running then
 */
export async function startLocalRun(options: LocalRunOptions): Promise<LocalRun> {
  // In the reverse order of starting.
  const closers: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const omissions = new Omissions({ strict: options.strict ?? true });
  for (;;) {
    try {
      return { ...(await start(options, omissions, (closer) => closers.push(closer))), close };
    } catch (error) {
      await close();
      // Whether a resource can be emulated is known only when it is created. If it cannot, everything is
      // created again without it, which takes milliseconds and needs no undoing of what the others have set
      // up so far.
      if (!omissions.accept(error)) throw error;
    }
  }
}

async function start(
  options: LocalRunOptions,
  omissions: Omissions,
  onClose: (closer: () => void | Promise<void>) => void,
): Promise<Omit<LocalRun, 'close'>> {
  const { log, settings = {}, maxInstances } = options;
  const assembly = readAssembly(options.assemblyDir);
  omissions.beginAttempt();
  const { resources, outputs } = resolveAssembly(assembly, omissions);
  const region = assembly.stacks[0]?.region ?? 'us-east-1';
  const preferred = (service: keyof typeof PREFERRED_PORTS) => (options.ports === 'preferred' ? PREFERRED_PORTS[service] : 0);
  const faults: Faults = {};
  const addresses = new Map<string, string>();

  const endpoint = new Endpoint(log);
  const endpointUrl = `http://${LOOPBACK}:${await listen(endpoint.server, preferred('endpoint'))}`;
  onClose(() => endpoint.close());
  addresses.set(`https://sqs.${region}.amazonaws.com`, endpointUrl);
  const declaredIssuer = issuerFromResources(resources);
  const issuer = await Issuer.create(`${endpointUrl}${ISSUER_PATH}`, declaredIssuer?.audience ?? 'lanes');
  if (declaredIssuer !== undefined) {
    // The keys first: their address usually begins with the issuer's own.
    addresses.set(declaredIssuer.jwksUri, issuer.jwksUri);
    addresses.set(declaredIssuer.url, issuer.url);
  }
  const awsEnv = {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpointUrl,
    // Without HOME the SDK finds the home directory of the user who started the run, with credentials that
    // are not meant for here.
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_CONFIG_FILE: '/dev/null',
  };

  const dynamoDb = new DynamoDb(faults);
  const queues = new Queues({ region, account: ACCOUNT, endpoint: endpointUrl });
  onClose(() => queues.close());
  queuesFromResources(resources, queues);
  const { policies, keyOfTopic, publishDeniedBy } = resourcePoliciesFromResources(resources);
  const roles = new Roles(resources, omissions);
  const sessions = new Sessions();
  const policyOf = (arn: string) => (arn.startsWith('arn:aws:sqs:') ? queues.byArn(arn)?.policy : policies.get(arn)) ?? [];
  const access = new Access({ roles, sessions, log, policyOf });
  let isComplete = false;
  onClose(() => {
    if (isComplete) writeReport(access.report(), options.accessReportDir);
  });
  const identities = { roles, sessions, access };
  const shared = { resources, assembly, addresses, awsEnv, settings, ...identities, log };
  const functions = functionsFromResources({ ...shared, maxInstances, queues });
  onClose(() => functions.close());
  const topics = topicsFromResources(resources, { queues, functions, faults, log });
  const buses = new EventBuses({ resources, region, functions, queues, topics, publishDeniedBy, omissions, log });
  const buckets = bucketsFromResources(resources);
  const balancers = balancersFromResources(resources, await makeCertificate(), buckets, addresses);
  onClose(() => closeBalancers(balancers));
  const services = taskServicesFromResources({
    ...shared,
    endpointUrl,
    targetGroups: balancers.targetGroups,
    metadataUrl: (taskId) => `${endpointUrl}${METADATA_PATH}/${taskId}`,
    onStateChange: (task, service) => {
      if (faults.loseTaskEvent?.(task.id, task.status) === true) return;
      const detail = taskStateChange(service, task);
      buses.put({ source: 'aws.ecs', detailType: 'ECS Task State Change', detail, resources: [task.arn] });
    },
  });
  const gateways = webSocketApisFromResources(resources, functions, log).map(
    (api) =>
      new Gateway({ api, access, faults, log, ...(options.connectionLimits === undefined ? {} : { limits: options.connectionLimits }) }),
  );
  endpoint.serve({
    access,
    sessions,
    permissions: {
      AmazonSQS: queuePermissions(region),
      AmazonEC2ContainerServiceV20141113: taskPermissions(services),
      AWSEvents: eventPermissions(region),
      DynamoDB_20120810: dynamoDbPermissions(resources, region),
      SNS: topicPermissions(region, keyOfTopic),
      ELBv2: balancerPermissions,
    },
    json: {
      AmazonSQS: queueOperations(queues),
      AmazonEC2ContainerServiceV20141113: taskOperations(services),
      AWSEvents: eventOperations(buses),
    },
    sns: topicOperations({ topics, region, account: ACCOUNT }),
    loadBalancing: balancerOperations(balancers.targetGroups),
    dynamodb: dynamoDb.handle,
    lambda: (request, response) => void handleInvoke(request, response, { functions, access }),
    // Only for clients that do not know the API's own address, such as an SDK with nothing but
    // AWS_ENDPOINT_URL.
    management: (request, response) => {
      const [gateway] = gateways;
      if (gateway === undefined) response.writeHead(403).end();
      else gateway.manage(request, response);
    },
    issuer: (request, response) => void issuer.handle(request, response),
    taskMetadata: (request, response) => serveMetadata(request, response, services),
  });
  await dynamoDb.createTables(resources, endpointUrl, omissions);

  for (const { listener, dnsName } of balancers.listeners) {
    await listener.listen(preferred(listener.protocol));
    addresses.set(`${listener.protocol}://${dnsName}`, listener.url);
  }
  for (const gateway of gateways) {
    const authority = `${LOOPBACK}:${await gateway.listen(preferred('websocket'))}`;
    onClose(() => gateway.close());
    addresses.set(`https://${gateway.host}`, `http://${authority}`);
    addresses.set(`wss://${gateway.host}`, `ws://${authority}`);
    for (const name of distributionsBefore(resources, gateway.host)) addresses.set(`wss://${name}`, `ws://${authority}`);
  }
  deployFiles(resources, buckets, { assembly, addresses });

  const sources = eventSourcesFromResources(resources, queues, functions);
  // Nothing is read from the templates after this.
  const warnings = omissions.warnings();
  for (const warning of warnings) log.notice('warning', warning);
  isComplete = true;

  const eventSources = new AbortController();
  for (const source of sources) runEventSource(source, log, eventSources.signal);
  onClose(async () => {
    await Promise.all(services.map((service) => service.close(TASK_GRACE_MS)));
  });
  buses.start();
  onClose(() => buses.close());
  onClose(() => eventSources.abort());
  await Promise.all(services.flatMap((service) => Array.from({ length: options.tasks }, () => service.start())));

  const listeners = balancers.listeners.map(({ listener }) => listener);
  return {
    urls: urlsOf({ endpoint: endpointUrl, listeners, gateways, services }),
    outputs: Object.fromEntries(Object.entries(outputs).map(([stack, values]) => [stack, localizeOutputs(values, addresses)])),
    warnings,
    faults,
    services,
    gateways,
    listeners,
    issuer,
    token: issuer.issueForRun(),
    functions,
    queues,
    topics,
    accessReport: () => access.report(),
    fireSchedules: () => buses.fireSchedules(),
  };
}

function localizeOutputs(values: ResolvedApp['outputs'][string], addresses: Addresses): ResolvedApp['outputs'][string] {
  return Object.fromEntries(Object.entries(values).map(([id, value]) => [id, localizeValue(value, addresses)]));
}

async function closeBalancers({ listeners, targetGroups }: Balancers): Promise<void> {
  for (const targetGroup of targetGroups.values()) targetGroup.close();
  await Promise.all(listeners.map(({ listener }) => listener.close()));
}
