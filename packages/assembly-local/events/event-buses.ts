import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { Omissions } from '../assembly/omissions.ts';
import type { Resource } from '../assembly/resolve.ts';
import { ACCOUNT } from '../assembly/resource-types.ts';
import { fromDeclared } from '../declared.ts';
import type { Functions } from '../functions/functions.ts';
import type { ServiceCaller } from '../iam/policy.ts';
import type { Log } from '../log.ts';
import type { Queues } from '../queues/queues.ts';
import type { Topics } from '../topics/topics.ts';
import type { BusEvent } from './bus-event.ts';
import { compilePattern, type EventMatcher } from './pattern.ts';
import { parseRate } from './rate.ts';
import { compileInput, inputProperties } from './target-input.ts';

/** Where AWS services put their events, and whoever names no bus. */
const DEFAULT_BUS = 'default';

const ruleProperties = v.object({
  State: v.optional(v.string(), 'ENABLED'),
  EventBusName: v.optional(v.string(), DEFAULT_BUS),
  EventPattern: v.optional(v.record(v.string(), v.unknown())),
  ScheduleExpression: v.optional(v.string()),
  Targets: v.optional(
    v.array(
      v.object({
        Arn: v.string(),
        DeadLetterConfig: v.optional(v.object({ Arn: v.string() })),
        ...inputProperties,
      }),
    ),
    [],
  ),
});

interface Rule {
  readonly bus: string;
  readonly matches: EventMatcher;
  deliver(event: BusEvent): void;
}

export interface EventBusesOptions {
  readonly resources: readonly Resource[];
  readonly region: string;
  readonly functions: Functions;
  readonly queues: Queues;
  /** @default none: no rule has a topic as its target */
  readonly topics?: Pick<Topics, 'arns' | 'publish'>;
  /**
   * The name of the policy that keeps a service from publishing to a topic; undefined if it may publish.
   * @default every service may
   */
  readonly publishDeniedBy?: (topicArn: string, caller: ServiceCaller) => string | undefined;
  /** Records which targets are left out. @default strict: an unsupported target is an error */
  readonly omissions?: Omissions;
  readonly log: Log;
}

/** An event, by whoever puts it. */
export interface NewEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: unknown;
  /** @default none */
  readonly resources?: readonly string[] | undefined;
  /** Name or ARN. @default the default bus */
  readonly bus?: string | undefined;
}

/** The event buses with the rules and schedules of the templates. Targets are functions, queues and topics. */
export class EventBuses {
  readonly #region: string;
  readonly #buses: ReadonlySet<string>;
  readonly #log: Log;
  readonly #rules: Rule[] = [];
  readonly #schedules: { readonly everyMs: number; fire(): void }[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #closed = false;

  constructor(options: EventBusesOptions) {
    this.#region = options.region;
    this.#log = options.log;
    const declared = options.resources.filter(({ type }) => type === 'AWS::Events::EventBus').map(({ name }) => name);
    this.#buses = new Set([DEFAULT_BUS, ...declared]);
    fromDeclared(options.resources, 'AWS::Events::Rule', ruleProperties, ({ resource, properties }) => {
      if (properties.State !== 'ENABLED') return;
      const targets = properties.Targets.flatMap((target) => toTarget(resource, target, options) ?? []);
      const deliver = (event: BusEvent) => {
        for (const target of targets) target(event);
      };
      if (properties.EventPattern !== undefined) {
        this.#rules.push({ bus: nameOfBus(properties.EventBusName), matches: compilePattern(properties.EventPattern), deliver });
      }
      if (properties.ScheduleExpression !== undefined) {
        const scheduled = { source: 'aws.events', detailType: 'Scheduled Event', detail: {} };
        const fire = () => deliver(this.#event({ ...scheduled, resources: [resource.attributes['Arn'] ?? resource.ref] }));
        this.#schedules.push({ everyMs: parseRate(properties.ScheduleExpression), fire });
      }
    });
  }

  /** Starts the schedules. */
  start(): void {
    for (const { everyMs, fire } of this.#schedules) this.#timers.push(setInterval(fire, everyMs));
  }

  /** Runs all schedules now. */
  fireSchedules(): void {
    for (const { fire } of this.#schedules) fire();
  }

  /** Hands an event to every rule of its bus that it matches, and answers its id. */
  put(entry: NewEvent): string {
    const event = this.#event(entry);
    const bus = nameOfBus(entry.bus ?? DEFAULT_BUS);
    if (!this.#buses.has(bus)) this.#log.notice('events', noSuchBus(bus, this.#buses));
    for (const rule of this.#closed ? [] : this.#rules) if (rule.bus === bus && rule.matches(event)) rule.deliver(event);
    return event.id;
  }

  /** Ends the schedules. Events are still accepted, but not delivered any more. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  #event({ source, detailType, detail, resources = [] }: NewEvent): BusEvent {
    return {
      version: '0',
      id: randomUUID(),
      'detail-type': detailType,
      source,
      account: ACCOUNT,
      time: `${new Date().toISOString().slice(0, 19)}Z`,
      region: this.#region,
      resources,
      detail,
    };
  }
}

/** Of a name, or of an ARN. */
const nameOfBus = (bus: string): string => bus.slice(bus.lastIndexOf('/') + 1);

/** EventBridge accepts such an event too, and drops it: https://github.com/aws/aws-cli/issues/9186 */
const noSuchBus = (bus: string, buses: ReadonlySet<string>): string =>
  `an event is lost: there is no event bus ${bus}, only ${[...buses].join(', ')}`;

type TargetProperties = v.InferOutput<typeof ruleProperties>['Targets'][number];

/**
 * Where a rule sends events, if the policy of the target allows it. Undefined for a target that is left out.
 */
function toTarget(
  rule: Resource,
  { Arn, DeadLetterConfig, ...input }: TargetProperties,
  options: EventBusesOptions,
): ((event: BusEvent) => void) | undefined {
  const { queues, log, omissions = new Omissions({ strict: true }) } = options;
  const caller: ServiceCaller = { service: 'events.amazonaws.com', sourceArn: rule.attributes['Arn'] ?? rule.ref };
  const send = findTarget(Arn, options);
  if (send === undefined) {
    omissions.leaveOutPart({
      resource: rule,
      what: `the target ${Arn}`,
      reason: 'is left out: it is neither a function nor a queue nor a topic of this assembly',
      consequence: 'this target gets no events',
      value: Arn,
    });
    return undefined;
  }
  const toPayload = compileInput(input, { arn: caller.sourceArn, name: rule.name });
  return (event) => {
    const payload = toPayload(event);
    const deniedBy = send(payload, caller);
    if (deniedBy === undefined) return;
    log.notice(
      'iam',
      `AccessDenied: EventBridge may not send to ${Arn} for ${caller.sourceArn}: the policy of ${deniedBy} does not allow it`,
    );
    const deadLetters = queues.byArn(DeadLetterConfig?.Arn ?? '');
    if (deadLetters?.lets(caller) !== true) return;
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    deadLetters.send(payload, {
      attributes: { RULE_ARN: text(caller.sourceArn), TARGET_ARN: text(Arn), ERROR_CODE: text('NO_PERMISSIONS') },
    });
  };
}

/** Sends to a target, or returns the policy that denies the caller. */
type Send = (payload: string, caller: ServiceCaller) => string | undefined;

function findTarget(arn: string, { functions, queues, topics, publishDeniedBy, log }: EventBusesOptions): Send | undefined {
  if (arn.includes(':lambda:')) {
    const fn = functions.tryFind(arn);
    if (fn === undefined) return undefined;
    return (payload, caller) => {
      if (!fn.lets(caller)) return 'the function';
      if (isJson(payload)) functions.invokeAsync(fn, payload);
      else
        log.notice(
          'events',
          `${caller.sourceArn}: ${fn.name} is not invoked: its input transformer makes no JSON of this event: ${payload}`,
        );
      return undefined;
    };
  }
  if (topics?.arns().includes(arn) === true) {
    return (payload, caller) => {
      const deniedBy = publishDeniedBy?.(arn, caller);
      if (deniedBy === undefined) topics.publish(arn, { message: payload });
      return deniedBy;
    };
  }
  const queue = queues.byArn(arn);
  if (queue === undefined) return undefined;
  return (payload, caller) => {
    if (!queue.lets(caller)) return 'the queue';
    queue.send(payload);
    return undefined;
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
